import assert from "node:assert/strict";
import { test } from "node:test";
import { mostAtOnce, overlapIn, replayStory } from "./check-order.ts";
import type { Edge } from "./snapshot.ts";

/** The events of a story, each as `type task` and what its data has. */
function story(...told: readonly (readonly [string, number, object?])[]) {
  return told.map(([type, task_id, data = {}], index) => ({ id: index + 1, task_id, type, data: JSON.stringify(data) }));
}

const both = [
  ["submitted", 1],
  ["submitted", 2],
] as const;
const completes: Edge = { task_id: 2, needs_id: 1, condition: "completed" };
const ended = (task: number, status: string) => ["ended", task, { status }] as const;
const at = (...statuses: readonly string[]) => new Map(statuses.map((status, index) => [index + 1, status]));

test("the check of the order sees a start that came too early", () => {
  const early = story(...both, ["started", 1], ["started", 2], ended(1, "completed"), ended(2, "completed"));
  assert.deepEqual(replayStory([completes], early, at("completed", "completed")), [
    "task 2 started before task 1 was completed: that was running",
  ]);
  const right = story(...both, ["started", 1], ended(1, "completed"), ["started", 2], ended(2, "completed"));
  assert.deepEqual(replayStory([completes], right, at("completed", "completed")), []);
});

test("what was met once stays met, also when the first task continues", () => {
  const continued = story(
    ...both,
    ended(1, "completed"),
    ["message_queued", 1, { was: "completed" }],
    ["started", 2],
    ended(1, "failed"),
    ended(2, "completed"),
  );
  assert.deepEqual(replayStory([completes], continued, at("failed", "completed")), []);
});

test("the check of the order sees what was skipped, revived or left wrongly", () => {
  const skipped = story(...both, ["started", 1], ended(2, "skipped"), ended(1, "completed"));
  assert.deepEqual(replayStory([completes], skipped, at("completed", "skipped")), [
    "task 2 was skipped, and none of its dependencies was impossible",
    "task 2 is skipped, and it could run",
  ]);
  const revived = story(...both, ended(1, "failed"), ended(2, "skipped"), ["revived", 2, { task: 1 }]);
  assert.deepEqual(replayStory([completes], revived, at("failed", "pending")), [
    "task 2 was revived because of task 1, and task 1 is still in its way",
    "task 2 still waits",
  ]);
});

test("a task that was skipped and is run all the same waits no more for the impossible", () => {
  const waived = story(...both, ended(1, "failed"), ended(2, "skipped"), ["retried", 2, { was: "skipped" }], ["started", 2]);
  assert.deepEqual(replayStory([completes], waived, at("failed", "running")), []);
});

test("spans that overlap are found, and those that touch are not", () => {
  const span = (task: number, from: number, to: number) => ({ task, from, to });
  const touching = [span(1, 0, 5), span(2, 5, 9), span(1, 9, 12)];
  assert.deepEqual([overlapIn(touching), mostAtOnce(touching)], [null, 1]);
  const inside = [span(1, 0, 9), span(1, 2, 3), span(2, 8, 12), span(3, 1, 20)];
  assert.deepEqual(
    overlapIn(inside)?.map(({ task }) => task),
    [1, 3],
  );
  assert.equal(mostAtOnce(inside), 3);
});

test("what a workflow skips is not taken for a skipped dependency", () => {
  const edge: Edge = { task_id: 3, needs_id: 2, condition: "completed" };
  const skip = ["ended", 2, { status: "skipped", outcome: "condition_false" }] as const;
  const told = story(...both, ["submitted", 3], ended(1, "completed"), skip, ["started", 3], ended(3, "completed"));
  const ends = at("completed", "skipped", "completed");
  assert.deepEqual(replayStory([edge], told, ends, new Map([[2, 3]])), [], "task 3 stands for task 2");
  assert.match(replayStory([edge], told, ends).join(), /task 3 started before task 2 was completed/);
});
