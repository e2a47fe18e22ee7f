import assert from "node:assert/strict";
import { test } from "node:test";
import type { EventType } from "../../../src/domain/events/event.ts";
import { eventSummary } from "../../../src/domain/events/event-summary.ts";
import { event } from "../../../testing/events.ts";

const serverEvents: [type: EventType, data: Record<string, unknown>, line: string][] = [
  ["submitted", {}, "[task] submitted"],
  ["started", { attempt: 1 }, "[task] attempt 1 started"],
  ["cancel_requested", { by: "socket" }, "[task] cancel requested"],
  ["rewound", { turn: 3, was_turn: 7 }, "[task] the conversation is put back from turn 7 to turn 3"],
  ["retried", { was: "failed" }, "[task] to be tried again from the beginning"],
  ["requeued", { outcome: "crashed", message: "It died." }, "[task] waits again (crashed): It died."],
  ["parked", { outcome: "parked", message: "x" }, "[task] waits for an answer, without a process"],
  ["parked", { outcome: "interrupted", message: "x" }, "[task] waits for an answer, without a process (interrupted)"],
  [
    "swept",
    { processes: [{ pid: 7, command: "sleep 9", signal: "SIGTERM" }], by: "server" },
    "[swept] 1 left-over process was ended: sleep 9",
  ],
  ["ended", { status: "failed", outcome: "crashed", message: "No\x1b[31m way\nout" }, "[task] failed: No way out"],
];
for (const [type, data, line] of serverEvents) {
  test(`the server's event ${type} reads "${line}"`, () => {
    assert.deepEqual(eventSummary(event(type, data)), [line]);
  });
}

test("an event shows the lines that its record had", () => {
  assert.deepEqual(eventSummary({ ...event("tool_use"), summary: ["[tool:bash] ls"] }), ["[tool:bash] ls"]);
  assert.deepEqual(eventSummary(event("tool_result", { text: "ok" })), []);
});
