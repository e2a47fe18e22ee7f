import assert from "node:assert/strict";
import { test } from "node:test";
import { stretchesSince } from "../../../src/domain/workspace/stretches.ts";
import type { Checkpoint, CheckpointReason } from "../../../src/domain/workspace/workspace.ts";

function series(...reasons: CheckpointReason[]): Checkpoint[] {
  return reasons.map((reason, at) => ({
    taskId: 1,
    number: at + 1,
    attemptId: 1,
    reason,
    turn: at,
    at,
    ref: "",
    commit: `c${at + 1}`,
    tree: "",
    head: null,
    branch: null,
    changes: null,
    leftOut: [],
    leftOutCount: 0,
  }));
}

const brief = (checkpoints: Checkpoint[], number: number, present: string): string[] =>
  stretchesSince(checkpoints, number, present).map(({ from, to, isOfTask }) => `${isOfTask ? "task" : "others"} ${from}..${to}`);

test("what changed between attempts and after the last one is not the task's", () => {
  const two = series("start", "turn", "end", "start", "turn");
  assert.deepEqual(brief(two, 1, "now"), ["task c1..c3", "others c3..c4", "task c4..c5", "others c5..now"]);
  assert.deepEqual(brief(two, 4, "c5"), ["task c4..c5"]);
  assert.deepEqual(brief(two, 5, "now"), ["others c5..now"]);
  assert.deepEqual(brief(two, 5, "c5"), []);
});

test("an attempt that began where the last one ended has no start of its own", () => {
  assert.deepEqual(brief(series("start", "park", "turn", "end"), 1, "c4"), ["task c1..c4"]);
});

test("what was put back counts as the task's, so that it can be put back again", () => {
  const undone = series("start", "end", "restore", "restored");
  assert.deepEqual(brief(undone, 3, "c4"), ["task c3..c4"]);
  assert.deepEqual(brief(undone, 1, "now"), ["task c1..c2", "others c2..c3", "task c3..c4", "others c4..now"]);
});
