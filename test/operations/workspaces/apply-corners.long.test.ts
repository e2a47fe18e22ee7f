import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { ApplyWay } from "../../../src/domain/workspace/apply.ts";
import type { ApplyView } from "../../../src/contract/views/workspace.ts";
import { realApi } from "../../../testing/real-api.ts";
import { lfsPointer, useLfs } from "../../../testing/lfs.ts";
import { checkout, worktreeTask } from "../../../testing/task-worktree.ts";
import { until } from "../../../testing/wait.ts";
import { person } from "./setup.ts";
import { commitTwice, setup } from "./apply-setup.ts";

test("files that no snapshot has are named, and not applied", async (t) => {
  const { task, apply, read } = await setup(t);
  writeFileSync(path.join(task.path, "large.bin"), Buffer.alloc(20_000_001));
  assert.partialDeepStrictEqual(await apply(), { applied: false, left_out: [{ path: "large.bin", why: "has 20 MB" }], left_out_count: 1 });
  task.write("app.txt", "two\n");
  assert.partialDeepStrictEqual(await apply(), { applied: true, changed_files: 1, left_out_count: 1 });
  assert.equal(read("large.bin"), null);
  task.git("add", ".");
  task.git("commit", "-qm", "the large one, too");
  assert.partialDeepStrictEqual(await apply(), { applied: true, changed_files: 1, left_out: [], left_out_count: 0 });
});

test("a patch of a new file that is there already is not in its own way", async (t) => {
  const { task, apply, read, corner } = await setup(t);
  task.write("deep/new.txt", "new\n");
  assert.equal((await apply("patch")).applied, true);
  assert.equal((await apply("patch")).applied, false);
  corner.file("work/deep/new.txt", "a person's\n");
  await assert.rejects(apply("patch"), { code: "conflict", message: /would be lost: deep\/new\.txt/ });
  assert.equal(read("deep/new.txt"), "a person's\n");
});

test("a patch overwrites nothing that a person writes meanwhile, or hides from git", async (t) => {
  const bundle = await setup(t);
  const { git, apply, read, task, corner } = bundle;
  await commitTwice(bundle);
  const isComputing = (): boolean => readdirSync(path.dirname(task.path)).some((name) => name.startsWith(".scratch-"));
  const seen = until("the scratch worktree", isComputing).then(() => corner.file("work/app.txt", "a person's, while it is computed\n"));
  await assert.rejects(apply("patch"), { code: "conflict", message: /has changes that are not committed: app\.txt/ });
  await seen;
  assert.deepEqual([read("app.txt"), read("deep/new.txt")], ["a person's, while it is computed\n", null]);
  git("update-index", "--assume-unchanged", "app.txt");
  await assert.rejects(apply("patch"), { code: "conflict", message: /would be lost: app\.txt/ });
  assert.deepEqual([read("app.txt"), read("deep/new.txt")], ["a person's, while it is computed\n", null]);
});

test("files of Git LFS are applied as pointers, committed or not", async (t) => {
  const real = realApi(t);
  const git = checkout(real);
  const { work } = real.corner;
  useLfs(git, work);
  real.corner.file("work/old.bin", "old");
  real.corner.file("work/same.bin", "same");
  git("add", ".");
  git("commit", "-qm", "with LFS");
  const task = await worktreeTask(real);
  const { id } = task;
  task.write("committed.bin", "committed");
  task.git("add", ".");
  task.git("commit", "-qm", "one");
  await task.snapshot();
  const apply = async (way: ApplyWay): Promise<ApplyView> => await real.api.applyTask({ id, way, dry_run: false }, person);
  real.corner.file("work/same.bin", "same");
  assert.equal((await apply("merge")).changed_files, 1);
  for (const text of ["changed", "changed again"]) {
    task.write("old.bin", text);
    task.write("same.bin", "same");
    task.write("new.bin", `new ${text}`);
    assert.equal((await apply("squash")).changed_files, 2);
    for (const name of ["old.bin", "same.bin", "new.bin", "committed.bin"]) assert.match(git("show", `HEAD:${name}`), lfsPointer, name);
    assert.deepEqual([git("status", "--porcelain"), readFileSync(path.join(work, "new.bin"), "utf8")], ["", `new ${text}`]);
  }
  task.write("old.bin", "as a patch");
  assert.equal((await apply("patch")).applied, true);
  assert.deepEqual([git("status", "--porcelain"), readFileSync(path.join(work, "old.bin"), "utf8")], [" M old.bin", "as a patch"]);
});

test("a filter that fails changes nothing", async (t) => {
  const bundle = await setup(t);
  const { git, task, apply, state, corner } = bundle;
  useLfs(git, corner.work);
  git("add", ".");
  git("commit", "-qm", "with LFS");
  task.write(".gitattributes", "*.bin filter=lfs\n");
  task.write("new.bin", "new");
  git("config", "filter.lfs.clean", "exit 3");
  const before = state();
  await assert.rejects(apply("squash"), { code: "conflict", message: /filter 'exit 3' failed/ });
  assert.deepEqual(state(), before);
});

test("an apply that fails in the middle of its files leaves the checkout as it was", async (t) => {
  const { git, task, apply, read, state, corner } = await setup(t);
  task.write("app.txt", "two\n");
  task.write("before.txt", "new\n");
  task.write("last.bin", "new\n");
  await task.snapshot();
  // Git writes the other files first, and then finds out that this one cannot be made.
  writeFileSync(path.join(corner.work, ".git/info/attributes"), "last.bin filter=broken\n");
  git("config", "filter.broken.smudge", "false");
  git("config", "filter.broken.required", "true");
  const before = state();
  for (const way of ["squash", "patch"] as const) {
    await assert.rejects(apply(way), /filter 'false' failed/, way);
    assert.deepEqual(state(), before, way);
    assert.deepEqual([read("app.txt"), read("before.txt"), read("last.bin")], ["one\n", null, null], way);
  }
  git("config", "--unset", "filter.broken.smudge");
  git("config", "filter.broken.required", "false");
  assert.equal((await apply()).applied, true);
  assert.equal(read("last.bin"), "new\n");
});
