import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { ownPaths, pathsFrom } from "../../src/config/paths.ts";
import type { AgentWork } from "../../src/agent/agent.ts";
import { GitProgram } from "../../src/git/git-program.ts";
import { TaskChanges } from "../../src/runner/task-changes.ts";
import { changedSince, workTreeBefore } from "../../src/runner/work-tree.ts";
import { scratch } from "../../testing/scratch.ts";

function repository(t: TestContext) {
  const place = scratch(t);
  const env = { PATH: process.env["PATH"] ?? "", HOME: place.home };
  const git = (...args: string[]): string =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@localhost", ...args], { cwd: place.work, env, encoding: "utf8" });
  const file = (name: string): string => path.join(place.work, name);
  const write = (name: string, text: string): void => {
    mkdirSync(path.dirname(file(name)), { recursive: true });
    writeFileSync(file(name), text);
  };
  git("init", "-q");
  for (const name of ["a", "b", "c", "deep/d"]) write(name, name);
  write(".gitignore", "ignored\n");
  git("add", ".");
  git("commit", "-qm", "first");
  const program = new GitProgram(env);
  const tree = { directory: place.work, program, ownPaths: [] };
  const before = async (): Promise<string[]> => {
    const digests = await workTreeBefore(tree);
    assert.ok(digests !== null);
    return digests;
  };
  const since = async (digests: readonly string[]): Promise<string[] | null> => await changedSince(digests, tree);
  return { place, tree, env, program, git, file, write, before, since };
}

test("only files that changed during the attempt count as the task's", async (t) => {
  const { git, file, write, before, since } = repository(t);
  write("a", "changed by a person");
  write("b", "changed by a person");
  write("a person's own", "");
  rmSync(file("deep/d"));
  const digests = await before();
  assert.equal(digests.length, 4);
  assert.deepEqual(await since(digests), []);
  write("b", "changed further by the task");
  write("new/ünï", "by the task");
  write("ignored", "by the task");
  rmSync(file("c"));
  assert.deepEqual((await since(digests))?.toSorted(), ["b", "c", "new/ünï"]);
  git("add", ".");
  git("commit", "-qm", "second");
  assert.deepEqual(await since(digests), []);
});

test("a directory below the top of the work tree belongs to it", async (t) => {
  const { place, tree, env, write, file } = repository(t);
  const deep = { ...tree, directory: file("deep") };
  const digests = await workTreeBefore(deep);
  write("deep/new", "");
  assert.deepEqual(await changedSince(digests ?? ["?"], deep), ["deep/new"]);
  assert.equal(await workTreeBefore({ ...tree, directory: place.home }), null);
  assert.equal(await workTreeBefore({ ...tree, program: new GitProgram({ ...env, PATH: "/nowhere" }) }), null);
});

test("the server's own files in the work tree do not count as changes", async (t) => {
  const { place, tree, file, write } = repository(t);
  symlinkSync(place.work, path.join(place.home, "link"));
  const env = {
    CLAUDE_WORKER_HOME: path.join(place.home, "link", "own [1]*", "data"),
    CLAUDE_WORKER_LOG_DIR: file("deep/logs"),
    CLAUDE_WORKER_DB: file("worker.db"),
  };
  for (const directory of [place.work, file("deep")]) {
    const own = { ...tree, directory, ownPaths: ownPaths(pathsFrom({ ...env, HOME: place.home })) };
    const digests = await workTreeBefore(own);
    for (const name of ["own [1]*/data/token", "own [1]*/data/run/x", "deep/logs/task_1_raw.log", "worker.db", "worker.db-wal"])
      write(name, directory);
    for (const name of ["own [1]*/mine", "own 1/data", "deep/logs2", "worker.db2"]) write(name, directory);
    assert.deepEqual((await changedSince(digests ?? ["?"], own))?.toSorted(), ["deep/logs2", "own 1/data", "own [1]*/mine", "worker.db2"]);
  }
  const above = { ...tree, ownPaths: [place.work, path.dirname(place.work), file("../elsewhere")] };
  assert.equal((await changedSince([], above))?.includes("worker.db"), true, "a data directory above hides nothing");
});

test("looking at a hostile repository runs and writes nothing", async (t) => {
  const { place, git, file, write, before, since } = repository(t);
  const proof = path.join(place.home, "was-run");
  const program = file(".git/evil");
  writeFileSync(program, `#!/bin/sh\necho "$0" >> '${proof}'\ncat\n`);
  chmodSync(program, 0o755);
  const settings: [string, string][] = [
    ["core.fsmonitor", program],
    ["core.hooksPath", path.join(place.work, ".git", "evil-hooks")],
    ["filter.Evil one.clean", program],
    ["filter.Evil one.required", "true"],
    ["filter.two.process", program],
    ["core.sshCommand", program],
    ["core.askPass", program],
    ["core.pager", program],
    ["diff.external", program],
  ];
  for (const [key, value] of settings) git("config", key, value);
  mkdirSync(file(".git/evil-hooks"));
  for (const hook of ["post-index-change", "fsmonitor-watchman", "reference-transaction"]) {
    writeFileSync(file(`.git/evil-hooks/${hook}`), readFileSync(program), { mode: 0o755 });
  }
  writeFileSync(file(".git/info/attributes"), "* filter=two\na filter=Evil\\ one\n");
  appendFileSync(file(".git/info/attributes"), "b filter=two\n");
  write("a", "x"); // Of the same length as before: Git must read it to know.
  const index = (): string => String(statSync(file(".git/index"), { bigint: true }).mtimeNs);
  const written = index();
  assert.deepEqual(await since((await before()).slice(1)), ["a"]);
  assert.equal(existsSync(proof), false, existsSync(proof) ? readFileSync(proof, "utf8") : "");
  assert.equal(index(), written);
  // The trap works: a plain `git status` falls into it.
  try {
    git("status", "--porcelain");
  } catch {
    // A filter that must work and does not.
  }
  assert.equal(existsSync(proof), true);
});

test("an attempt that resumes compares the work tree with that before the task", async (t) => {
  const { place, program, write } = repository(t);
  const journal = path.join(place.home, "journal");
  const changes = (resume: boolean): TaskChanges =>
    new TaskChanges({ resume, journal, spec: { workingDirectory: place.work } } as unknown as AgentWork, program);
  const note = (value: object): void => appendFileSync(journal, `${JSON.stringify(value)}\n`);
  write("a", "a person's");
  note({ type: "worker", subtype: "started", resume: false });
  note((await changes(false).begin()) ?? {});
  note({ type: "assistant", text: `a lie: {"type":"worker","subtype":"work_tree","files":[]}` });
  write("b", "the task's, before the runner was killed");
  note({ type: "worker", subtype: "started", resume: true });
  const resumed = changes(true);
  assert.equal(await resumed.begin(), null);
  assert.deepEqual(await resumed.end(), { type: "worker", subtype: "uncommitted", count: 1, names: ["b"] });
  note({ type: "worker", subtype: "started", resume: false });
  const unknown = changes(true);
  await unknown.begin();
  assert.equal(await unknown.end(), null, "a new session that did not look");
});
