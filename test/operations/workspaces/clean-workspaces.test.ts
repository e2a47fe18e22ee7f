import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { taskInput } from "../../../src/contract/task-input.ts";
import { GitProgram } from "../../../src/git/git-program.ts";
import { renewSnapshots } from "../../../src/operations/workspaces/empty-trash.ts";
import { WorkspaceGate } from "../../../src/operations/workspaces/workspace-gate.ts";
import { goodTask } from "../../../testing/mcp.ts";
import { realApi } from "../../../testing/real-api.ts";
import { snapshotsOf } from "../../../testing/task-snapshots.ts";
import { checkout, worktreeTask } from "../../../testing/task-worktree.ts";
import { person } from "./setup.ts";
import { setup } from "./clean-setup.ts";

test("snapshots in place, and of worktrees that are gone, get their refs again", async (t) => {
  const { api, git, task, refs, store, corner, run, clean, empty } = await setup(t);
  const inPlace = await api.submitTask(taskInput.parse(goodTask(corner.work)), person);
  await run(inPlace.id, []);
  const snapshots = await snapshotsOf(store, { id: inPlace.id, directory: corner.work, home: corner.home });
  for (const text of ["one", "two"]) {
    corner.file("work/mine", text);
    await snapshots.take();
  }
  assert.equal(await clean(), null);
  await empty(8);
  assert.equal(store.workspaces.get(task.id)?.state, "gone");
  const before = refs();
  const context = { store, git: new GitProgram({ PATH: process.env["PATH"], HOME: corner.home }) };
  assert.equal(await renewSnapshots(context), 0);
  const mirror = corner.workdir("mirror");
  git("init", "-q", "--bare", mirror);
  git("push", "-q", mirror, "main");
  git("config", "remote.m.url", mirror);
  git("fetch", "-q", "--prune", "--update-head-ok", "m", "+refs/*:refs/*");
  assert.deepEqual(
    refs().filter((ref) => ref.startsWith("refs/claude-worker/")),
    [],
  );
  assert.equal(await renewSnapshots(context), 3);
  assert.deepEqual(refs(), before);
});

test("a worktree whose repository was moved away is kept, and the reason is said", async (t) => {
  const { api, task, clean, corner } = await setup(t);
  await task.snapshot();
  renameSync(corner.work, `${corner.work}-moved`);
  assert.match((await clean({ force: true })) ?? "", /^its repository is not there: .*work\/\.git$/);
  const message =
    /work\/\.git\S* is not there any more\. Bring it back to its place|The repository of \S+ is not there any more: \S+work\/\.git/;
  await assert.rejects(api.taskDiff({ id: task.id }), { code: "conflict", message });
  renameSync(`${corner.work}-moved`, corner.work);
  assert.equal(await clean({ dry_run: true }), null);
});

test("what only snapshots have afterwards is named, and not what was applied", async (t) => {
  const { api, task } = await setup(t);
  task.write("new.txt", "new\n");
  await task.snapshot();
  const dryRun = async () => (await api.cleanWorkspaces({ tasks: [task.id], dry_run: true, force: false }, person)).workspaces;
  assert.partialDeepStrictEqual(await dryRun(), [{ cleaned: true, reasons: [], only_snapshots: ["1 file not committed: new.txt"] }]);
  await api.applyTask({ id: task.id, way: "squash", dry_run: false }, person);
  assert.partialDeepStrictEqual(await dryRun(), [{ cleaned: true, only_snapshots: [] }]);
});

test("a refusal names the way out, and what is removed already is no refusal", async (t) => {
  const { api, git, task } = await setup(t);
  task.write("big", "x");
  task.git("add", "big");
  task.git("commit", "-qm", "only here");
  const clean = async (force = false) => {
    const { workspaces } = await api.cleanWorkspaces({ tasks: [task.id], dry_run: false, force }, person);
    return workspaces[0];
  };
  const out = "Bring it onto a branch (claude-worker apply 1, or land), or throw it away: claude-worker workspace clean 1 --force";
  assert.partialDeepStrictEqual(await clean(), { cleaned: false, removed: false, advice: out });
  assert.partialDeepStrictEqual(await clean(true), { cleaned: true, removed: false, advice: null });
  const again = { cleaned: false, removed: true, reasons: ["it is in the trash already"] };
  assert.partialDeepStrictEqual(await clean(), { ...again, advice: "Back: claude-worker workspace restore 1" });
  assert.match(git("branch", "--list", "cw/*"), /cw\//);
});

test("a worktree that nothing would be lost of goes into the trash, and comes back", async (t) => {
  const { api, store, git, task, clean, empty } = await setup(t);
  task.write("new.txt", "new\n");
  task.git("add", "new.txt");
  await task.snapshot();
  assert.equal(await clean({ dry_run: true }), null);
  assert.equal(task.read("new.txt"), "new\n", "a dry run moves nothing");
  assert.equal(await clean(), null);
  assert.equal(existsSync(task.path), false);
  const [listed] = (await api.listWorkspaces()).workspaces;
  assert.partialDeepStrictEqual(listed, { task: task.id, state: "trashed", status: "completed", branch: task.branch });
  assert.ok(existsSync(path.join(listed?.trash ?? "", "new.txt")));
  git("checkout", "-q", task.branch);
  git("checkout", "-q", "main");
  const inTrash = { code: "conflict", message: /is in the trash\. .*workspace restore 1$/ };
  await assert.rejects(api.retryTask({ id: task.id }, person), inTrash);
  await assert.rejects(api.undoTask({ id: task.id, force: false, dry_run: false }, person), inTrash);
  assert.deepEqual(await empty(6.9), { deleted: 0, left: 1, problems: [] });
  const back = await api.restoreWorkspace({ id: task.id }, person);
  assert.deepEqual([back.state, back.branch, back.trash], ["kept", task.branch, null]);
  assert.deepEqual(
    [task.read("new.txt"), task.git("status", "--porcelain"), task.git("symbolic-ref", "--short", "HEAD")],
    ["new\n", "A  new.txt", task.branch],
  );
  await assert.rejects(api.restoreWorkspace({ id: task.id }, person), { code: "conflict", message: /is in its place/ });
  assert.equal(store.workspaces.get(task.id)?.trashedAt, null);
});

test("a worktree stays while something of it would be lost", async (t) => {
  const { git, task, clean, corner } = await setup(t);
  task.write("later.txt", "after the last snapshot\n");
  assert.equal(await clean(), "1 file in no snapshot: later.txt");
  task.write("huge", "x".repeat(20_000_001));
  await task.snapshot();
  assert.equal(await clean(), "1 file in no snapshot: huge");
  rmSync(path.join(task.path, "huge"));
  await task.snapshot();
  assert.equal(await clean({ dry_run: true }), null);
  task.git("add", ".");
  task.git("commit", "-qm", "worked");
  await task.snapshot();
  const only = await clean();
  assert.match(only ?? "", /^1 commit on no other branch and no remote: [0-9a-f]+ worked$/);
  task.git("checkout", "-q", "--detach");
  assert.equal(await clean(), only, "the branch still has it");
  git("branch", "cw/other", task.branch);
  assert.equal(await clean(), only, "another task's branch may go, too");
  const remote = corner.workdir("remote");
  git("init", "-q", "--bare", remote);
  git("remote", "add", "origin", remote);
  git("push", "-q", "origin", task.branch);
  assert.equal(await clean(), null);
});

test("a worktree in use stays, whatever is said", async (t) => {
  const { api, store, task, clean } = await setup(t);
  const child = spawn("sleep", ["1000"], { cwd: task.path });
  t.after(() => child.kill("SIGKILL"));
  assert.equal(await clean({ force: true }), `process ${child.pid} works in it`);
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("close", resolve));
  await api.retryTask({ id: task.id }, person);
  assert.equal(await clean({ force: true }), "its task has not ended");
  await api.cancelTask({ id: task.id }, person);
  assert.equal(store.workspaces.get(task.id)?.state, "kept");
  await assert.rejects(api.cleanWorkspaces({ dry_run: false, force: false }, { ...person, taskId: task.id }), { code: "forbidden" });
  await assert.rejects(api.cleanWorkspaces({ dry_run: false, force: true }, person), { code: "invalid_input" });
  await assert.rejects(api.cleanWorkspaces({ tasks: [99], dry_run: false, force: false }, person), { code: "not_found" });
});

test("what cannot be found out removes nothing", async (t) => {
  const { task, clean, git, corner } = await setup(t);
  const precious = path.join(task.path, "precious");
  writeFileSync(precious, "");
  await task.snapshot();
  renameSync(path.join(corner.work, ".git", "objects"), path.join(corner.work, ".git", "objects-away"));
  assert.match((await clean()) ?? "", /^what it has cannot be found out: /);
  renameSync(path.join(corner.work, ".git", "objects-away"), path.join(corner.work, ".git", "objects"));
  renameSync(task.path, `${task.path}-moved`);
  mkdirSync(task.path);
  writeFileSync(path.join(task.path, "mine"), "");
  assert.equal(await clean({ force: true }), "something else lies in its place");
  assert.deepEqual(readdirSync(task.path), ["mine"]);
  rmSync(task.path, { recursive: true });
  assert.equal(await clean({ force: true }), "it is not there");
  assert.ok(existsSync(path.join(`${task.path}-moved`, "precious")));
  assert.match(git("branch", "--list", task.branch), /cw\/1/);
});

test("the branch of work that was thrown away stays", async (t) => {
  const { task, clean, empty, git } = await setup(t);
  task.write("a", "a");
  task.git("add", ".");
  task.git("commit", "-qm", "worked");
  assert.notEqual(await clean(), null);
  assert.equal(await clean({ force: true }), null);
  assert.partialDeepStrictEqual(await empty(7.1), { deleted: 1 });
  assert.equal(git("log", "-1", "--format=%s", task.branch), "worked");
});

test("a removed task's worktree goes into the trash, and its snapshots are deleted", async (t) => {
  const { api, store, task, empty, refs } = await setup(t);
  task.write("a", "not committed\n");
  await task.snapshot();
  const message =
    /^The worktree of task 1 would be lost with it: 1 file not committed: a\. Keep the work.* claude-worker workspace clean 1 --force$/;
  await assert.rejects(api.removeTask({ id: task.id }, person), { code: "conflict", message });
  assert.equal((await api.prune({ older_than_ms: 0, dry_run: false }, person)).tasks, 0, "retention goes through the same door");
  assert.equal(task.read("a"), "not committed\n");
  rmSync(path.join(task.path, "a"));
  await task.snapshot();
  await api.removeTask({ id: task.id }, person);
  assert.deepEqual(refs(), [`refs/heads/${task.branch}`, "refs/heads/main"]);
  assert.deepEqual([store.checkpoints.ofTask(task.id), store.workspaces.get(task.id)?.state], [[], "trashed"]);
  const [listed] = (await api.listWorkspaces()).workspaces;
  assert.partialDeepStrictEqual(listed, { task: 1, title: null, status: null, state: "trashed" });
  await api.restoreWorkspace({ id: task.id }, person);
  assert.equal(task.read("app.txt"), "one\n");
  task.write("a", "again\n");
  const [kept] = (await api.cleanWorkspaces({ dry_run: false, force: false }, person)).workspaces;
  assert.deepEqual(kept?.reasons, ["1 file in no snapshot: a"]);
  rmSync(path.join(task.path, "a"));
  assert.equal((await api.cleanWorkspaces({ dry_run: false, force: false }, person)).workspaces[0]?.cleaned, true);
  assert.partialDeepStrictEqual(await empty(8), { deleted: 1 });
  assert.equal(store.workspaces.get(task.id), null);
});

test("a task does not start while its worktree is looked at and moved", async (t) => {
  let look: () => Promise<void> = async () => {};
  const processesIn = async (): Promise<number[]> => {
    await look();
    return [];
  };
  const git = new GitProgram({ PATH: process.env["PATH"], HOME: process.env["HOME"] });
  const real = realApi(t, {}, {}, { files: { git, gate: new WorkspaceGate(), processesIn } });
  const { api, store } = real;
  checkout(real);
  const task = await worktreeTask(real);
  let looks = 0;
  look = async () => {
    looks += 1;
    await assert.rejects(api.retryTask({ id: task.id }, person), { code: "conflict", message: /is busy: its worktree is removed/ });
  };
  const { workspaces } = await api.cleanWorkspaces({ tasks: [task.id], dry_run: false, force: false }, person);
  assert.deepEqual([looks, workspaces[0]?.cleaned, store.workspaces.get(task.id)?.state], [1, true, "trashed"]);
  await api.restoreWorkspace({ id: task.id }, person);
  await api.removeTask({ id: task.id }, person);
  assert.equal(looks, 2);
});

test("a lock of the person's repository is named, and never removed", async (t) => {
  const { api, task, git, corner } = await setup(t);
  task.write("new.txt", "new\n");
  await task.snapshot();
  const lock = path.join(corner.work, ".git/index.lock");
  writeFileSync(lock, "");
  const said = /another git works there or one was killed: .*index\.lock exists\. When no git runs there, delete that file/;
  await assert.rejects(api.applyTask({ id: task.id, way: "squash", dry_run: false }, person), said);
  assert.deepEqual([existsSync(lock), git("status", "--porcelain")], [true, ""]);
  rmSync(lock);
  assert.equal((await api.applyTask({ id: task.id, way: "squash", dry_run: false }, person)).applied, true);
});
