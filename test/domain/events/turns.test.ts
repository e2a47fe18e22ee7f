import assert from "node:assert/strict";
import { test } from "node:test";
import type { JournalRecord } from "../../../src/domain/events/record.ts";
import { turnsIn, withTurns } from "../../../src/domain/events/turns.ts";
import { dataOf, event, notice } from "../../../testing/events.ts";

function record(fields: Record<string, unknown>): JournalRecord {
  return { type: "assistant", _n: 7, _attempt: 3, _at: "2026-01-01T00:00:00.000Z", ...fields };
}

test("a turn is a message of the model on the main thread", () => {
  assert.deepEqual(turnsIn(record({ message: { id: "msg_1", model: "m" } })), ["msg_1"]);
  assert.deepEqual(turnsIn(record({ message: { id: "msg_1", model: "m" }, parent_tool_use_id: null })), ["msg_1"]);
  assert.deepEqual(turnsIn(record({ message: { id: "msg_1", model: "m" }, parent_tool_use_id: "t1" })), []);
  assert.deepEqual(turnsIn(record({ message: { id: "u", model: "<synthetic>" } })), []);
  assert.deepEqual(turnsIn(record({ type: "user", message: { id: "msg_1" } })), []);
});

test("a message without an id is a turn of its own", () => {
  assert.deepEqual(turnsIn(record({ message: { model: "m" } })), ["3:7"]);
  assert.deepEqual(turnsIn(record({ message: null })), ["3:7"]);
  assert.deepEqual(turnsIn(record({ type: "result", num_turns: 9 })), []);
  assert.deepEqual(turnsIn(record({ type: "result", _message_ids: ["a", 1, "b"] })), ["a", "b"]);
});

test("steps carry their turn, a result the number of all turns", () => {
  const at = 1;
  const own = ["text", "thinking", "tool_use"] as const;
  const others = [event("tool_use", { tool: "Bash", parent_tool_use_id: "t1" }), notice("stderr")];
  const events = [...own.map((type) => event(type)), ...others, event("result"), event("tool_result")].map((draft) => ({ ...draft, at }));
  const counted = withTurns(events, 2, () => 5);
  for (const [index, type] of own.entries()) assert.equal(dataOf(counted[index], type).turn, 2);
  assert.deepEqual(counted.slice(3, 5), events.slice(3, 5));
  assert.equal(dataOf(counted[5], "result").num_turns, 5);
  assert.equal(dataOf(counted[6], "tool_result").turn, 5, "the result of a call belongs to the newest turn");
  assert.equal(dataOf(withTurns(events, null, () => 0)[6], "tool_result").turn, undefined);
});
