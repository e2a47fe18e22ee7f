import assert from "node:assert/strict";
import { test } from "node:test";
import { realApi } from "../../../testing/real-api.ts";
import { checkout, worktreeTask } from "../../../testing/task-worktree.ts";
import { person } from "../workspaces/setup.ts";

test("what passed does not count while other files stand, and does with the same", async (t) => {
  const real = realApi(t);
  const { api, store } = real;
  checkout(real);
  const task = await worktreeTask(real, { verify: ["@unit true"] });
  const { id } = task;
  task.write("made.txt", "made\n");
  await task.snapshot("end");
  const tree = store.checkpoints.last(id)?.tree ?? "";
  await store.write(() => {
    const of = { taskId: id, attemptId: store.attempts.ofTask(id)[0]?.id ?? 0, name: "unit" };
    store.verifications.start({ ...of, command: "true", startedAt: 1, isBaseline: false });
    store.verifications.end({ ...of, state: "passed", exitCode: 0, reason: null, outputTail: "", tree, tookMs: 1 });
  });
  const proof = async (): Promise<unknown[]> => {
    const { verified, verification, attention } = await api.getTask({ id });
    return [verified, verification.map(({ passed, stale }) => [passed, stale]), attention.map(({ kind, detail }) => [kind, detail])];
  };
  const proven = [true, [[true, false]], []];
  const unproven = [false, [[false, true]], [["changed_since_verified", "unit"]]];
  assert.deepEqual(await proof(), proven);
  const { before } = await api.undoTask({ id, force: false, dry_run: false }, person);
  assert.deepEqual([task.read("made.txt"), await proof()], [null, unproven]);
  await api.restoreFiles({ id, checkpoint: before, force: false, dry_run: false }, person);
  assert.deepEqual([task.read("made.txt"), await proof()], ["made\n", proven]);
  task.write("made.txt", "a person's\n");
  await api.applyTask({ id, way: "squash", dry_run: true }, person);
  assert.deepEqual(await proof(), unproven, "a dry run looks at the files, too");
});
