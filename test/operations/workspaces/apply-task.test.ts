import assert from "node:assert/strict";
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { ApplyView } from "../../../src/contract/views/workspace.ts";
import { taskInput } from "../../../src/contract/task-input.ts";
import { goodTask } from "../../../testing/mcp.ts";
import { realApi } from "../../../testing/real-api.ts";
import type { TestRepository } from "../../../testing/git-repository.ts";
import { makeHostile } from "../../../testing/hostile-repository.ts";
import { checkout, worktreeTask } from "../../../testing/task-worktree.ts";
import { person } from "./setup.ts";
import { commitTwice, setup } from "./apply-setup.ts";

test("squash applies committed and other files as one commit, and remembers it", async (t) => {
  const bundle = await setup(t);
  const { api, store, git, task, apply, read, state } = bundle;
  await commitTwice(bundle);
  task.write("more.txt", "not committed\n");
  rmSync(path.join(task.path, "deep/new.txt"));
  const before = state();
  const plan = await apply("squash", { dry_run: true });
  assert.partialDeepStrictEqual(plan, { applied: false, branch: "main", changed_files: 2, insertions: 2, deletions: 1 });
  assert.deepEqual(state(), before);
  const done = await apply("squash", { message: "Port the importer" });
  assert.equal(done.applied, true);
  assert.deepEqual([read("app.txt"), read("more.txt"), read("deep/new.txt")], ["two\n", "not committed\n", null]);
  assert.deepEqual([git("rev-parse", "HEAD"), git("rev-parse", "HEAD^"), git("status", "--porcelain")], [done.commit, before[0], ""]);
  assert.equal(git("log", "-1", "--format=%B"), `Port the importer\n\nClaude-Worker-Task: ${task.id}\n`);
  assert.equal(git("worktree", "list").split("\n").length, 2, "the scratch worktree is gone");
  const { workspace } = await api.getTask({ id: task.id });
  assert.partialDeepStrictEqual(workspace?.applied, { way: "squash", branch: "main", commit: done.commit });
  const [said] = store.events.tail(task.id, 1);
  assert.partialDeepStrictEqual(said, { type: "applied", data: { by: "socket", way: "squash", branch: "main", commit: done.commit } });
  assert.partialDeepStrictEqual(await apply(), { applied: false, commit: null, changed_files: 0 }, "a second time there is nothing to do");
  task.write("app.txt", "three\n");
  assert.equal((await apply()).changed_files, 1, "only what is new since");
  assert.deepEqual([read("app.txt"), git("rev-list", "--count", "HEAD")], ["three\n", "3"]);
  const { workspaces } = await api.cleanWorkspaces({ tasks: [task.id], dry_run: true, force: false }, person);
  assert.deepEqual(workspaces[0]?.reasons, [], "what was applied is not lost with the worktree");
});

test("a merge and a rebase apply commits, onto a branch that has moved", async (t) => {
  for (const way of ["merge", "rebase"] as const) {
    const bundle = await setup(t);
    const { git, task, apply, corner } = bundle;
    await commitTwice(bundle);
    corner.file("work/mine.txt", "mine\n");
    git("add", ".");
    git("commit", "-qm", "mine");
    const onto = git("rev-parse", "HEAD");
    const { commit } = await apply(way);
    assert.equal(git("rev-parse", "HEAD"), commit);
    assert.deepEqual([git("show", "HEAD:app.txt"), git("show", "HEAD:mine.txt"), git("show", "HEAD:deep/new.txt")], ["two", "mine", "new"]);
    if (way === "merge") assert.equal(git("log", "-1", "--format=%P"), `${onto} ${task.git("rev-parse", "HEAD")}`);
    else {
      assert.equal(git("log", "--format=%an: %s", `${onto}..`), "The Agent: two: add\nA Person: one: change");
      assert.equal(git("log", "-1", "--format=%b", "HEAD^"), "With a body.");
    }
    assert.equal((await apply(way)).applied, false);
    assert.equal(git("status", "--porcelain"), "");
    task.write("app.txt", "not committed\n");
    await assert.rejects(apply(way), { code: "conflict", message: /^The task has not committed 1 file, and --\w+ takes commits only\./ });
  }
});

test("a patch changes the files and commits nothing", async (t) => {
  const bundle = await setup(t);
  const { git, apply, read, store, task, corner } = bundle;
  await commitTwice(bundle);
  const head = git("rev-parse", "HEAD");
  const done = await apply("patch");
  assert.deepEqual([done.applied, done.commit, git("rev-parse", "HEAD")], [true, null, head]);
  assert.deepEqual([read("app.txt"), read("deep/new.txt")], ["two\n", "new\n"]);
  assert.equal(git("status", "--porcelain"), " M app.txt\n?? deep/");
  assert.equal(store.applies.last(task.id)?.result, null);
  assert.partialDeepStrictEqual(await apply("patch"), { applied: false, changed_files: 0 }, "the files have it already");
  const own = corner.file("work/app.txt", "two, and a person's\n");
  await assert.rejects(apply("patch"), {
    code: "conflict",
    message: /has changes that are not committed: app\.txt\. Commit or stash them first/,
  });
  writeFileSync(own, "two\n");
  git("add", ".");
  git("commit", "-qm", "taken");
  assert.equal((await apply()).applied, false);
});

for (const way of ["patch", "squash"] as const)
  test(`files whose names are not UTF-8 are applied as ${way}`, async (t) => {
    const real = realApi(t);
    const git = checkout(real);
    const latin1 = (top: string, name: string): Buffer => Buffer.from(`${top}/${name}`, "latin1");
    for (const name of ["changed \u00e9", "gone \u00e9", "before \u00e9"])
      writeFileSync(latin1(real.corner.work, name), `${name}\nb\nc\nd\n`);
    git("add", ".");
    git("commit", "-qm", "names");
    const { id, path: top, snapshot } = await worktreeTask(real);
    writeFileSync(latin1(top, "changed \u00e9"), "x\n");
    rmSync(latin1(top, "gone \u00e9"));
    renameSync(latin1(top, "before \u00e9"), latin1(top, "after \u00e8"));
    mkdirSync(latin1(top, "d\u00ee r"));
    writeFileSync(latin1(top, "d\u00ee r/new \u00ea"), "n\n");
    await snapshot();
    const apply = async (): Promise<ApplyView> => await real.api.applyTask({ id, way, dry_run: false }, person);
    assert.partialDeepStrictEqual(await apply(), { applied: true, changed_files: 4 });
    assert.partialDeepStrictEqual(await apply(), { applied: false, changed_files: 0 });
    git("add", "-A");
    assert.equal(git("write-tree"), real.store.checkpoints.last(id)?.tree);
  });

test("a patch does not overwrite what a person saves while it is written", async (t) => {
  const bundle = await setup(t);
  const { git, apply, read, corner } = bundle;
  await commitTwice(bundle);
  // Git runs the filter when it makes the new files, after the look at the checkout.
  const filter = corner.file("filter", `#!/bin/sh\necho mine > '${corner.work}/app.txt'\ncat\n`);
  chmodSync(filter, 0o755);
  git("config", "filter.save.smudge", filter);
  corner.file("work/.git/info/attributes", "deep/new.txt filter=save\n");
  await assert.rejects(apply("patch"), {
    code: "conflict",
    message: /^Others changed these files in the same moment: app\.txt\. Nothing was changed/,
  });
  assert.deepEqual([read("app.txt"), read("deep/new.txt")], ["mine\n", null]);
});

test("work that does not fit changes nothing in either tree", async (t) => {
  const bundle = await setup(t);
  const { git, apply, state, corner, task } = bundle;
  await commitTwice(bundle);
  corner.file("work/app.txt", "a person's\n");
  git("commit", "-qam", "mine");
  const [before, inside] = [state(), task.git("status", "--porcelain")];
  for (const way of ["squash", "merge", "rebase", "patch"] as const) {
    const message =
      /^Onto main: The work does not fit: app\.txt changed on both sides\. Nothing was changed\. Let the task fix it: claude-worker send 1 /;
    await assert.rejects(apply(way), { code: "conflict", message }, way);
    assert.deepEqual([state(), task.git("status", "--porcelain")], [before, inside], way);
  }
});

test("a checkout that cannot take changes is refused, and left as it is", async (t) => {
  const bundle = await setup(t);
  const { api, git, apply, state, corner, task } = bundle;
  await commitTwice(bundle);
  const refused = async (message: RegExp): Promise<void> => {
    const before = state();
    await assert.rejects(apply(), { code: "conflict", message });
    assert.deepEqual(state(), before);
  };
  corner.file("work/app.txt", "a person's\n");
  await refused(/work has changes that are not committed: app\.txt\. Commit or stash them first\.$/);
  git("add", ".");
  await refused(/has changes that are not committed/);
  git("reset", "-q", "--hard");
  corner.file("work/deep/new.txt", "a person's, untracked\n");
  await refused(/^These are in the way, and would be lost: deep\/new\.txt\. Move them away/);
  corner.file("work/.git/info/exclude", "deep\n");
  await refused(/would be lost: deep\/new\.txt/);
  assert.equal(bundle.read("deep/new.txt"), "a person's, untracked\n", "ignored files are not overwritten");
  rmSync(path.join(corner.work, "deep"), { recursive: true });
  git("checkout", "-q", "--detach");
  await assert.rejects(apply(), { code: "conflict", message: /^HEAD of .*work is detached\. Check a branch out first/ });
  git("checkout", "-q", "main");
  corner.file("work/.git/MERGE_HEAD", `${git("rev-parse", "HEAD")}\n`);
  await assert.rejects(apply(), { code: "conflict", message: /a merge is not finished/ });
  rmSync(path.join(corner.work, ".git/MERGE_HEAD"));
  await assert.rejects(api.applyTask({ id: task.id, way: "squash", dry_run: false }, { ...person, taskId: task.id }), {
    code: "forbidden",
  });
  assert.equal((await apply()).applied, true);
});

test("two tasks that are applied at once are both applied", async (t) => {
  const bundle = await setup(t);
  const { api, git, task } = bundle;
  const other = await worktreeTask(bundle);
  task.write("one.txt", "1\n");
  other.write("two.txt", "2\n");
  const apply = async (id: number): Promise<ApplyView> => await api.applyTask({ id, way: "squash", dry_run: false }, person);
  const [first, second, again] = await Promise.allSettled([apply(task.id), apply(other.id), apply(task.id)]);
  assert.deepEqual([first.status, second.status, again.status], ["fulfilled", "fulfilled", "rejected"], "one at a time of one task");
  assert.deepEqual([git("show", "HEAD:one.txt"), git("show", "HEAD:two.txt"), git("rev-list", "--count", "HEAD")], ["1", "2", "3"]);
  assert.equal(git("status", "--porcelain"), "");
});

test("no hook, driver or signer of a hostile repository runs when work is applied", async (t) => {
  const bundle = await setup(t);
  const { git, apply, corner, task } = bundle;
  await commitTwice(bundle);
  corner.file("work/mine.txt", "mine\n");
  git("add", ".");
  git("commit", "-qm", "mine");
  const file = (name: string): string => path.join(corner.work, name);
  const trap = makeHostile({ place: corner, git, file } as unknown as TestRepository);
  rmSync(file(".git/info/attributes"));
  for (const way of ["rebase", "merge", "squash", "patch"] as const) {
    if (way === "squash" || way === "patch") task.write(`${way}.txt`, "x\n");
    assert.equal((await apply(way)).applied, true, way);
    assert.deepEqual(trap.ran(), [], way);
  }
});

test("work is applied although its worktree is in the trash", async (t) => {
  const bundle = await setup(t);
  const { api, git, task, apply } = bundle;
  await commitTwice(bundle);
  await api.cleanWorkspaces({ tasks: [task.id], dry_run: false, force: true }, person);
  assert.equal((await apply("merge")).applied, true);
  assert.equal(git("show", "HEAD:deep/new.txt"), "new");
});

test("the work of a task that has not ended, or has no worktree, is not applied", async (t) => {
  const { api, task, apply, corner } = await setup(t);
  const { id: inPlace } = await api.submitTask(taskInput.parse(goodTask(corner.work)), person);
  await assert.rejects(api.applyTask({ id: inPlace, way: "squash", dry_run: false }, person), {
    code: "conflict",
    message: /has not ended/,
  });
  await api.cancelTask({ id: inPlace }, person);
  await assert.rejects(api.applyTask({ id: inPlace, way: "squash", dry_run: false }, person), {
    code: "conflict",
    message: /works in place/,
  });
  await api.retryTask({ id: task.id }, person);
  await assert.rejects(apply(), { code: "conflict", message: /^Task 1 has not ended/ });
});
