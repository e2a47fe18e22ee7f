/** How an attempt ends that waited for work in the background. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decideOutcome } from "../../../src/domain/attempt/decide-outcome.ts";
import type { AttemptFacts } from "../../../src/domain/attempt/outcome.ts";
import { noFacts, resultOf } from "../../../testing/attempt-end.ts";

const waits: Partial<AttemptFacts> = {
  result: resultOf({ text: "waiting" }),
  background: [{ id: "b1", type: "local_bash", description: "npm test" }],
};
for (const [what, facts, kind] of [
  ["the runner died", { ended: false }, "crashed"],
  ["Claude Code died", { thrown: "terminated by signal SIGKILL" }, "crashed"],
  ["the machine rebooted", { ended: false, rebooted: true }, "lost"],
  ["the server shut down", { stopRequested: "interrupted" }, "interrupted"],
  ["the time limit was over", { stopRequested: "timed_out" }, "timed_out"],
  ["it was cancelled", { stopRequested: "cancelled" }, "cancelled"],
  ["the runner cut it when its time was over", { cut: ["npm test"] }, "succeeded"],
  ["the time limit cut it", { cut: ["npm test"], stopRequested: "timed_out" }, "succeeded"],
] as const) {
  test(`a turn that ended while it waited for the background is ${kind} when ${what}`, () => {
    assert.equal(decideOutcome({ ...noFacts, ...waits, ...facts }).kind, kind);
  });
}

test("what was cut in the background, and what died there, is named", () => {
  assert.equal(
    decideOutcome({ ...noFacts, ...waits, cut: ["npm run dev"] }).message,
    "Claude finished the task: ended in the background: npm run dev.",
  );
  assert.match(decideOutcome({ ...noFacts, ...waits, ended: false }).message, /waited for work in the background: npm test\.$/);
});

test("background work is waited for until Claude has heard of its end", () => {
  const heard = { ...noFacts, result: resultOf({}), notified: true };
  assert.equal(decideOutcome(heard).kind, "succeeded");
  assert.equal(decideOutcome({ ...heard, ended: false }).kind, "crashed");
});
