import assert from "node:assert/strict";
import { test } from "node:test";
import type { EventType } from "../../../src/domain/events/event.ts";
import { eventSummary } from "../../../src/domain/events/event-summary.ts";
import { event } from "../../../testing/events.ts";

const serverEvents: [type: EventType, data: Record<string, unknown>, line: string][] = [
  ["submitted", {}, "[task] submitted"],
  ["started", { attempt: 1 }, "[task] attempt 1 started"],
  ["cancel_requested", { by: "socket" }, "[task] cancel requested"],
  [
    "applied",
    { way: "squash", branch: "main", onto: "a", commit: "0123456789abcdef" },
    "[task] applied onto main as 0123456789ab (squash)",
  ],
  ["applied", { way: "patch", branch: "main", onto: "a", commit: null }, "[task] applied onto main, not committed"],
  ["pull_request_watched", { state: "merged", number: 7, url: "x" }, "[pr] #7 was merged, and is not watched any more"],
  [
    "pull_request_watched",
    { state: "forbidden", number: 7, url: "x", reason: "The token was removed." },
    "[pr] #7 is not watched any more: The token was removed.",
  ],
  [
    "comment_added",
    { by: "socket", comment: 3, path: "a.ts", side: "new", start_line: 1, line: 2, text: "Why?" },
    "[review] c3 on a.ts:1-2 by the server's owner: Why?",
  ],
  [
    "comment_added",
    { by: "ci", comment: 4, path: "a.ts", side: "old", start_line: 2, line: 2, text: "No" },
    "[review] c4 on a.ts:-2 by ci: No",
  ],
  ["comment_handled", { comment: 3 }, "[review] c3 is handled"],
  ["comment_handled", { comment: 3, by: "socket" }, "[review] c3 is handled, says socket"],
  [
    "files_put_back",
    { checkpoint: 3, before: 9, changed_files: 2 },
    "[task] 2 files put back to checkpoint 3; as they were before: checkpoint 9",
  ],
  ["iteration_ended", { iteration: 2, of: 8, state: "passed", score: 12.5 }, "[loop] iteration 2 of at most 8: passed, score 12.5"],
  ["rewound", { turn: 3, was_turn: 7 }, "[task] the conversation is put back from turn 7 to turn 3"],
  ["retried", { was: "failed" }, "[task] to be tried again from the beginning"],
  ["question_answered", { question: 7, by: "socket", text: "allowed" }, "[question] q7 answered by the server's owner: allowed"],
  ["question_answered", { question: 7, by: "channel:phone", text: "no" }, "[question] q7 answered by the channel phone: no"],
  ["question_answered", { question: 7, by: "default", text: "no" }, "[question] q7 without an answer: no"],
  ["message_queued", { message: 3, by: "token:ci", text: "Hi" }, "[message] m3 by the token ci: Hi"],
  ["message_queued", { message: 3, by: "task:4", client: "c 1", text: "Hi" }, "[message] m3 by the agent of task 4: Hi"],
  ["message_queued", { message: 3, by: "socket", client: "c 1", text: "Hi" }, "[message] m3 by c 1, an agent of the server's owner: Hi"],
  ["message_cancelled", { message: 3, by: "token:local" }, "[message] m3 taken back by the server's owner"],
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
