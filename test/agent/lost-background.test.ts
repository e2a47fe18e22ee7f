import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { lostBackground } from "../../src/agent/lost-background.ts";
import { scratch } from "../../testing/scratch.ts";

const runs = (...names: string[]) => ({
  type: "system",
  subtype: "background_tasks_changed",
  session_id: "s",
  tasks: names.map((description) => ({ task_id: description, task_type: "local_bash", description })),
});
const started = { type: "worker", subtype: "started" };
const note = (subtype: string) => ({ type: "worker", subtype });
const result = { type: "result", session_id: "s", num_turns: 1 };
const report = { type: "system", subtype: "task_notification", session_id: "s", status: "completed", summary: "npm test completed" };
const hookEnd = { type: "system", subtype: "hook_response", session_id: "s", status: "completed" };
const died = { type: "result", session_id: "s", num_turns: 0, origin: { kind: "task-notification" } };

const cases: [what: string, records: object[], names: string[]][] = [
  ["nothing ran", [started, result, started], []],
  ["all of it had ended", [started, runs("a"), result, runs(), result, started], []],
  ["a command ran when its attempt died", [started, runs("a"), result, started], ["a"]],
  ["two ran, one had ended", [started, runs("a", "b"), runs("b"), result, started], ["b"]],
  ["another session's ran", [started, { ...runs("a"), session_id: "other" }, started], []],
  ["Claude was told by a later attempt", [started, runs("a"), result, started, died, result, started], []],
  ["Claude was not told by a later attempt", [started, runs("a"), result, started, died, started], ["a"]],
  ["it ended, and Claude had not heard of it", [started, runs("a"), result, report, runs(), started], ["npm test completed"]],
  [
    "a notice of its start or of other things follows",
    [started, runs("a"), result, { ...report, status: "running" }, hookEnd, started],
    ["a"],
  ],
  ["a stop ended it", [started, runs("a"), result, note("stop_requested"), runs(), note("ended"), started], ["a"]],
  ["it was cut", [started, runs("a"), result, note("cut_background"), runs(), note("ended"), started], ["a"]],
];
for (const [what, records, names] of cases) {
  test(`dead background work is found in the journal when ${what}`, (t: TestContext) => {
    const journal = scratch(t).file("journal", records.map((record) => `${JSON.stringify(record)}\n`).join(""));
    assert.deepEqual(lostBackground(journal, "s"), names);
  });
}
