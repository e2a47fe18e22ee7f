import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { Git } from "../../src/git/git.ts";
import { GitProblem } from "../../src/git/git-problem.ts";
import { GitProgram } from "../../src/git/git-program.ts";
import { commitOf, openRepository } from "../../src/git/repository.ts";
import { gitRepository } from "../../testing/git-repository.ts";
import { makeHostile } from "../../testing/hostile-repository.ts";
import { scratch } from "../../testing/scratch.ts";
import { until } from "../../testing/wait.ts";

async function problemOf(work: Promise<unknown>): Promise<GitProblem> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof GitProblem, String(error));
  return error;
}

test("no program of a hostile repository runs in any kind of call", async (t) => {
  const repository = gitRepository(t);
  const { git, write } = repository;
  const trap = makeHostile(repository);
  write("a", "b\n"); // Of the same length as before: git must read it to know.
  write("new", "new\n");
  const index = (): string => String(statSync(repository.file(".git/index"), { bigint: true }).mtimeNs);
  const written = index();
  const own = path.join(repository.place.home, "index");
  writeFileSync(own, readFileSync(repository.file(".git/index")));
  const ours = repository.ours();
  const call = { use: "write", env: { GIT_INDEX_FILE: own } } as const;
  await ours.run(["status", "--porcelain=v2"]);
  await ours.run(["ls-files", "-m", "-o"]);
  await ours.run(["diff"]);
  await ours.run(["diff", "HEAD", "--stat"]);
  await ours.run(["diff-files", "-p"]);
  await ours.run(["log", "-p"]);
  await ours.run(["update-index", "--add", "a", "new"], call);
  const tree = await ours.text(["write-tree"], call);
  const commit = await ours.text(["commit-tree", tree, "-p", "HEAD", "-m", "x"], {
    ...call,
    env: { ...call.env, GIT_AUTHOR_NAME: "x", GIT_AUTHOR_EMAIL: "x@x", GIT_COMMITTER_NAME: "x", GIT_COMMITTER_EMAIL: "x@x" },
  });
  await ours.run(["update-ref", "refs/heads/other", commit], call);
  await ours.run(["diff-tree", "-r", "-p", "HEAD", commit]);
  await ours.run(["diff-tree", "-r", "--numstat", "HEAD", commit]);
  await ours.run(["show", commit]);
  assert.deepEqual(trap.ran(), []);
  assert.equal(index(), written);
  assert.equal((await ours.run(["cat-file", "blob", `${commit}:a`])).toString(), "b\n", "content is as it is on the disk");
  // The traps work: plain git falls into them.
  for (const args of [["diff"], ["log", "-p", "--ext-diff", "--textconv"], ["status"]]) {
    try {
      git(...args);
    } catch {
      // A filter that must work and does not.
    }
  }
  const names = ["evil", "fsmonitor", "reference-transaction", "post-index-change"];
  assert.ok(trap.ran().length > 2 && trap.ran().some((line) => names.some((name) => line.includes(name))), trap.ran().join("\n"));
});

test("a filter runs where a trusted worktree is checked out, and no hook does", async (t) => {
  const repository = gitRepository(t);
  const trap = makeHostile(repository);
  const target = path.join(repository.place.home, "tree");
  await repository.ours().run(["worktree", "add", "--detach", target], { use: "write" });
  assert.deepEqual(trap.ran(), []);
  repository.git("config", "--unset", "filter.two.process");
  await repository.ours().run(["worktree", "add", "--detach", `${target}2`], { use: "checkout" });
  assert.ok(trap.ran().some((line) => line.includes("/evil")));
  assert.deepEqual(
    trap.ran().filter((line) => line.includes("hooks")),
    [],
  );
});

test("the caller's variables of git do not count", async (t) => {
  const one = gitRepository(t);
  const env = {
    ...one.env,
    GIT_DIR: "/nowhere",
    GIT_WORK_TREE: "/nowhere",
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "x.y",
    GIT_CONFIG_VALUE_0: "z",
  };
  const git = new Git(new GitProgram(env), one.top);
  assert.equal(await git.find(["config", "x.y"], { isPlain: true }), null);
  assert.equal((await openRepository(git)).top, one.top);
});

test("a directory knows its work tree and repository", async (t) => {
  const { open, top, git, place } = gitRepository(t);
  const found = await open("deep");
  assert.deepEqual(
    [found.top, found.prefix, found.gitDirectory, found.commonDirectory],
    [top, "deep", path.join(top, ".git"), path.join(top, ".git")],
  );
  const linked = path.join(place.directory, "with blank");
  git("worktree", "add", "-q", "--detach", linked);
  const other = await openRepository((await open()).git.in(linked));
  assert.deepEqual([other.top, other.prefix, other.commonDirectory], [linked, "", path.join(top, ".git")]);
  assert.notEqual(other.gitDirectory, other.commonDirectory);
  assert.equal(await commitOf(other, "HEAD"), git("rev-parse", "HEAD"));
  assert.equal(await commitOf(other, "--all"), null);
  assert.equal(await commitOf(other, "no such\nbranch"), null);
});

test("what is not a work tree of a repository is said in one sentence", async (t) => {
  const { place, program, env } = gitRepository(t);
  const at = (directory: string): Promise<unknown> => openRepository(new Git(program, directory));
  const plain = place.workdir("plain");
  assert.match((await problemOf(at(plain))).message, /plain is not in a git repository\. Make one \(git init\)/);
  const bare = place.workdir("bare");
  await new Git(program, bare).run(["init", "-q", "--bare"], { use: "write", isPlain: true });
  const { kind, message } = await problemOf(at(bare));
  assert.equal(kind, "bare");
  assert.match(message, /bare is a bare repository, which has no files/);
  const broken = place.workdir("broken");
  writeFileSync(path.join(broken, ".git"), "gitdir: /nowhere\n");
  assert.equal((await problemOf(at(broken))).kind, "not_a_repository");
  writeFileSync(path.join(broken, ".git"), "gitdir: /nowhere/.git/worktrees/x\n");
  assert.match(
    (await problemOf(at(broken))).message,
    /^The repository of \S+broken is not there any more: \/nowhere\/\.git\/worktrees\/x\. Bring/,
  );
  assert.match((await problemOf(at("/nowhere/at all"))).message, /^\/nowhere\/at all is not there any more\. Bring it back to its place/);
  const line = place.workdir("a\nb");
  await new Git(program, line).run(["init", "-q"], { use: "write", isPlain: true });
  assert.match((await problemOf(at(line))).message, /has a line break in its path/);
  const elsewhere = place.workdir("elsewhere");
  await new Git(program, elsewhere).run(["init", "-q"], { use: "write", isPlain: true });
  await new Git(program, elsewhere).run(["config", "core.worktree", plain], { use: "write", isPlain: true });
  assert.match((await problemOf(at(elsewhere))).message, /lies outside of the files of its repository/);
  assert.equal((await problemOf(new Git(new GitProgram({ ...env, PATH: "/nowhere" }), plain).run(["status"]))).kind, "missing");
});

test("a git that is too old, too slow or too loud is ended with a sentence", async (t) => {
  const place = scratch(t);
  const bin = path.join(place.home, "bin");
  mkdirSync(bin);
  const fake = (text: string): Git => {
    writeFileSync(path.join(bin, "git"), `#!/bin/sh\n${text}\n`);
    chmodSync(path.join(bin, "git"), 0o755);
    return new Git(new GitProgram({ PATH: `${bin}:/usr/bin:/bin`, HOME: place.home }), place.work);
  };
  const old = await problemOf(fake("echo git version 2.20.1").run(["status"]));
  assert.equal(old.message, "git 2.20 is too old. Install git 2.31 or newer.");
  const hanging = 'if [ "$1" = version ]; then echo git version 2.40.0; exit; fi; echo $$ > "$HOME/pid"; exec sleep 1000';
  const slow = await problemOf(fake(hanging).run(["rev-parse"], { isPlain: true, timeoutMs: 300 }));
  assert.equal(slow.kind, "too_slow");
  assert.match(slow.message, /^git rev-parse took longer than 1 s/);
  const pid = Number(readFileSync(path.join(place.home, "pid"), "utf8"));
  await until("the end of the slow git", () => !isRunning(pid));
  const loud = await problemOf(
    fake('if [ "$1" = version ]; then echo git version 2.40.0; exit; fi; exec yes').run(["x"], { isPlain: true, maxBytes: 1e6 }),
  );
  assert.equal(loud.kind, "too_much");
});

test("no more than four processes of git run at once", async (t) => {
  const place = scratch(t);
  const bin = path.join(place.home, "bin");
  mkdirSync(bin);
  const script =
    '[ "$1" = version ] && echo git version 2.40.0 && exit; mkdir "$HOME/r/$$"; ls "$HOME/r" | wc -l; sleep 0.05; rmdir "$HOME/r/$$"';
  writeFileSync(path.join(bin, "git"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  mkdirSync(path.join(place.home, "r"));
  const git = new Git(new GitProgram({ PATH: `${bin}:/usr/bin:/bin`, HOME: place.home }), place.work);
  const counts = await Promise.all(Array.from({ length: 12 }, async () => Number(await git.text(["x"], { isPlain: true }))));
  assert.ok(Math.max(...counts) <= 4, String(counts));
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("hooks that settings define are turned off by event and by name", async (t) => {
  const repository = gitRepository(t);
  makeHostile(repository);
  // Stands for git 2.54, and notes what it gets.
  const bin = repository.place.workdir("bin");
  const notes = path.join(bin, "notes");
  const real = (process.env["PATH"] ?? "").split(":").find((each) => existsSync(path.join(each, "git"))) ?? "";
  const script = `#!/bin/sh\n[ "$1" = version ] && { echo git version 2.54.0; exit; }\n{ echo "$*"; env | grep ^GIT_CONFIG_KEY; echo; } >> '${notes}'\nexec '${real}/git' "$@"\n`;
  writeFileSync(path.join(bin, "git"), script, { mode: 0o755 });
  const ours = new Git(new GitProgram({ ...repository.env, PATH: `${bin}:${process.env["PATH"] ?? ""}` }), repository.top);
  await ours.run(["update-ref", "refs/heads/other", "HEAD"], { use: "write", isPlain: true });
  await ours.run(["worktree", "add", "--detach", path.join(repository.place.home, "tree")], { use: "checkout" });
  await ours.run(["status"]);
  const calls = readFileSync(notes, "utf8")
    .split("\n\n")
    .filter((call) => call.startsWith("--no-pager"));
  assert.equal(calls.length, 4, "it looks once for what settings define");
  for (const call of calls)
    for (const event of ["post-checkout", "reference-transaction", "post-index-change"])
      assert.ok(call.includes(`-c hook.${event}.enabled=false`), call);
  for (const call of calls.slice(1)) assert.match(call, /^GIT_CONFIG_KEY_\d+=hook\.evil=post-checkout\.x\.enabled$/m);
  assert.doesNotMatch(calls[2] ?? "", /=filter\./, "filters of a checkout stay");
});

test("git that waits for a named pipe is ended with a sentence that names it", async (t) => {
  for (const pipe of [".gitignore", "deep/.gitattributes", ".git/info/exclude", ".git/config"]) {
    const repository = gitRepository(t);
    rmSync(repository.file(pipe), { force: true });
    execFileSync("mkfifo", [repository.file(pipe)]);
    const status = ["status", "--porcelain=v2", "--untracked-files=all", "--ignored=no"];
    const problem = await problemOf(repository.ours().run(pipe.endsWith("attributes") ? ["check-attr", "-a", "deep/c"] : status));
    assert.deepEqual(
      [problem.kind, problem.message],
      ["blocked", `${repository.file(pipe)} is a named pipe, and git would wait for it without end. Remove it.`],
    );
  }
});

test("a child of git that waits for a named pipe is ended, too", async (t) => {
  const repository = gitRepository(t);
  execFileSync("mkfifo", [repository.file(".git/info/attributes")]);
  const tree = path.join(repository.place.home, "tree");
  const problem = await problemOf(repository.ours().run(["worktree", "add", "--detach", tree], { use: "checkout" }));
  assert.equal(problem.kind, "blocked");
  assert.match(problem.message, /info\/attributes is a named pipe/);
});

test("a named pipe that git does not wait for ends nothing", async (t) => {
  const repository = gitRepository(t);
  execFileSync("mkfifo", [repository.file(".gitignore")]);
  // Reads no file of the work tree, and takes its time over its input.
  const script = '#!/bin/sh\n[ "$1" = version ] && { echo git version 2.40.0; exit; }\nsleep 2\necho done\n';
  const bin = repository.place.workdir("bin");
  writeFileSync(path.join(bin, "git"), script, { mode: 0o755 });
  const ours = new Git(new GitProgram({ ...repository.env, PATH: `${bin}:${process.env["PATH"] ?? ""}` }), repository.top);
  const said = ours.text(["rev-parse", "HEAD"], { isPlain: true });
  if (process.platform === "linux") assert.equal(await said, "done");
  else await said.catch(() => null);
});
