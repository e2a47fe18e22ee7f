import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { temporaryPath } from "../../../src/config/paths.ts";
import { GitProgram } from "../../../src/git/git-program.ts";
import { renewSnapshots } from "../../../src/operations/workspaces/empty-trash.ts";
import { person } from "./setup.ts";
import { setup } from "./clean-setup.ts";

test("a subagent's worktree inside goes with it only where nothing of it is lost", async (t) => {
  const { task, clean, git } = await setup(t);
  const inside = ".claude/worktrees/agent-1";
  task.git("worktree", "add", "-q", "-b", "of-a-subagent", inside);
  task.write(`${inside}/new`, "of the subagent\n");
  await task.snapshot();
  assert.match(
    (await clean()) ?? "",
    /inside, of a subagent or made by hand, .*agent-1\/ \(files that are not committed\)\. Commit it there/,
  );
  task.git("-C", inside, "add", ".");
  task.git("-C", inside, "commit", "-qm", "of the subagent");
  task.git("-C", inside, "checkout", "-q", "--detach");
  task.git("branch", "-q", "-D", "of-a-subagent");
  assert.match((await clean()) ?? "", /agent-1\/ \(commits on no branch and no remote\)/);
  task.git("-C", inside, "branch", "of-a-subagent");
  assert.equal(await clean(), null);
  assert.equal(git("show", "of-a-subagent:new"), "of the subagent");
});

test("snapshots that another program unnamed get their refs again while they are there", async (t) => {
  const { api, git, task, refs, store, corner } = await setup(t);
  task.write("a", "a\n");
  await task.snapshot();
  const [first, last] = store.checkpoints.ofTask(task.id);
  const before = refs();
  const context = { store, git: new GitProgram({ PATH: process.env["PATH"], HOME: corner.home }) };
  assert.equal(await renewSnapshots(context), 0);
  for (const { ref } of [first, last].flatMap((each) => each ?? [])) git("update-ref", "-d", ref);
  assert.equal(refs().length, before.length - 2);
  assert.equal(await renewSnapshots(context), 2);
  assert.deepEqual(refs(), before);
  git("update-ref", "-d", last?.ref ?? "");
  git("gc", "-q", "--prune=now");
  assert.equal(await renewSnapshots(context), 0);
  await assert.rejects(api.taskDiff({ id: task.id, hunks: true, offset: 0, limit: 10 }), {
    code: "conflict",
    message: /^Checkpoint 2 of task 1 is not in the repository .* any more\.$/,
  });
});

test("after seven days a worktree is deleted, and its branch where that is safe", async (t) => {
  const { store, paths, task, clean, empty, git, refs } = await setup(t);
  const ports = store.workspaces.get(task.id)?.ports ?? null;
  const temporary = temporaryPath(paths, task.id);
  mkdirSync(temporary, { recursive: true });
  assert.equal(await clean(), null);
  const { trash, ports: kept } = store.workspaces.get(task.id) ?? {};
  assert.ok(trash != null && ports !== null && kept === ports && existsSync(temporary), "the trash keeps what it may come back with");
  const child = spawn("sleep", ["1000"], { cwd: trash });
  t.after(() => child.kill("SIGKILL"));
  assert.partialDeepStrictEqual(await empty(7.1), { deleted: 0, left: 1 });
  assert.ok(existsSync(trash));
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("close", resolve));
  assert.deepEqual(await empty(7.1), { deleted: 1, left: 0, problems: [] });
  assert.deepEqual([existsSync(trash), store.workspaces.get(task.id)?.state], [false, "gone"]);
  assert.deepEqual([existsSync(temporary), store.workspaces.get(task.id)?.ports, store.workspaces.ports().size], [false, null, 0]);
  assert.equal(git("worktree", "list", "--porcelain").match(/^worktree /gm)?.length, 1);
  assert.deepEqual(refs(), ["refs/claude-worker/1/1/1", "refs/heads/main"]);
});

test("snapshots of a removed task whose repository is locked are deleted later", async (t) => {
  const { api, store, task, empty, refs, corner } = await setup(t);
  const lock = path.join(corner.work, ".git", "refs", "claude-worker", "1", "1", "1.lock");
  writeFileSync(lock, "");
  await api.removeTask({ id: task.id }, person);
  assert.ok(refs().includes("refs/claude-worker/1/1/1"));
  assert.equal(store.checkpoints.ofTask(task.id).length, 1);
  rmSync(lock);
  assert.deepEqual((await empty(0)).problems, []);
  assert.ok(!refs().includes("refs/claude-worker/1/1/1"));
});

test("a repository inside of a worktree keeps it while only it has something", async (t) => {
  const { git, task, clean, corner } = await setup(t);
  const library = corner.workdir("library");
  const inLibrary = (...args: string[]): string => git("-C", library, ...args);
  inLibrary("init", "-q", "-b", "main");
  writeFileSync(path.join(library, "lib.txt"), "one\n");
  inLibrary("add", ".");
  inLibrary("commit", "-qm", "lib");
  const cloned = (name: string): void => void task.git("clone", "-q", library, name);
  const cases: readonly (readonly [why: string, make: () => void])[] = [
    ["a commit", () => (task.write("own/lib.txt", "two\n"), task.git("-C", "own", "commit", "-qam", "own"))],
    ["a changed file", () => task.write("own/lib.txt", "three\n")],
    ["a new file", () => task.write("own/new.txt", "new\n")],
    ["a stash", () => (task.write("own/lib.txt", "four\n"), task.git("-C", "own", "stash", "-q"))],
    [
      "a commit of another branch",
      () => (
        task.git("-C", "own", "switch", "-qc", "side"),
        task.git("-C", "own", "commit", "-qm", "x", "--allow-empty"),
        task.git("-C", "own", "switch", "-q", "main")
      ),
    ],
    ["no remote", () => task.git("-C", "own", "remote", "remove", "origin")],
  ];
  for (const [why, make] of cases) {
    cloned("own");
    // The second snapshot knows the repository already.
    await task.snapshot();
    await task.snapshot();
    assert.equal(await clean({ dry_run: true }), null, "what was only cloned is elsewhere");
    make();
    await task.snapshot();
    await task.snapshot();
    assert.equal(await clean(), "work that only the repository inside has: own/", why);
    rmSync(path.join(task.path, "own"), { recursive: true });
  }
});

test("a submodule of a worktree keeps it while only it has something", async (t) => {
  const { git, task, clean, corner } = await setup(t);
  const library = corner.workdir("library");
  git("-C", library, "init", "-q", "-b", "main");
  git("-C", library, "commit", "-qm", "lib", "--allow-empty");
  task.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library, "lib");
  await task.snapshot();
  assert.equal(await clean({ dry_run: true }), null);
  task.write("lib/new.txt", "new\n");
  await task.snapshot();
  assert.equal(await clean(), "work that only the repository inside has: lib/");
});

test("a git that was killed while HEAD was detached keeps no worktree from the trash", async (t) => {
  const { api, clean, task } = await setup(t);
  const lock = path.resolve(task.path, task.git("rev-parse", "--git-dir"), "HEAD.lock");
  for (let round = 0; round < 2; round += 1) {
    writeFileSync(lock, "");
    assert.equal(await clean({ tasks: [task.id], force: true }), null);
    writeFileSync(lock, "");
    assert.equal((await api.restoreWorkspace({ id: task.id }, person)).branch, task.branch);
    assert.equal(existsSync(lock), false);
  }
});
