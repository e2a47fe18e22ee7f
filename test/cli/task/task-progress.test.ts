import assert from "node:assert/strict";
import { test } from "node:test";
import { TaskProgress } from "../../../src/cli/task/task-progress.ts";
import { event } from "../../../testing/events.ts";
import { plainInput, plainView } from "../../../testing/plain-task.ts";

const now = new Date().toISOString();
const view = (more: object = {}) => ({ ...plainView(1, plainInput({ prompt: "p", working_directory: "/w" }), now), ...more });
/** Without the time since the task's begin. */
const textOf = (progress: TaskProgress): string => progress.text().replace(/^\d+ m?s/, "T");

test("the progress of a task leaves out what is not known", () => {
  assert.equal(textOf(new TaskProgress(view())), "T · waits: 4 of 4 slots are in use");
  assert.equal(textOf(new TaskProgress(view({ waiting_for: null }))), "T");
});

test("the progress of a task says its turns, its cost and its last action", () => {
  const progress = new TaskProgress(view({ waiting_for: null, num_turns: 1, cost_usd: 0.25, last_action: "reads" }));
  assert.equal(textOf(progress), "T · 1 turn · $0.2500 · reads");
  const place = { id: 1, task_id: 1, seq: 1, attempt_id: 1, at: now } as const;
  progress.take({ ...place, summary: ["Hello.", "All is well."], ...event("text", { turn: 3 }) });
  assert.equal(textOf(progress), "T · 3 turns · $0.2500 · All is well.");
  assert.match(progress.text("instead"), / · instead$/);
});
