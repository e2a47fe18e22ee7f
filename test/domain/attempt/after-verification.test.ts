import assert from "node:assert/strict";
import { test } from "node:test";
import { consequenceOf, noFacts, resultOf } from "../../../testing/attempt-end.ts";
import type { EndChange } from "../../../testing/attempt-end.ts";
import { decideOutcome } from "../../../src/domain/attempt/decide-outcome.ts";
import type { AttemptFacts, Outcome } from "../../../src/domain/attempt/outcome.ts";
import type { VerifyResult } from "../../../src/domain/verification/verify-result.ts";

const now = 1_000_000;
const result = resultOf({ text: "Done." });
const failed: VerifyResult = { name: "test", command: "npm test", state: "failed", exitCode: 1, reason: null, output: "1 failing" };
const missing: VerifyResult = { ...failed, state: "unavailable", exitCode: 127, reason: "it was not found (exit code 127)", output: "" };

const ends: [what: string, facts: Partial<AttemptFacts>, kind: Outcome["kind"]][] = [
  ["commands that passed", { verdict: { kind: "passed" } }, "succeeded"],
  ["a crash after they passed", { verdict: { kind: "passed" }, ended: false }, "succeeded"],
  ["a command that failed", { verdict: { kind: "failed", results: [failed] } }, "verification_failed"],
  ["a command that could not run", { verdict: { kind: "unavailable", results: [missing] } }, "verify_unavailable"],
  ["a runner that died meanwhile", { verdict: { kind: "open" }, ended: false }, "verify_unavailable"],
  ["a reboot meanwhile", { verdict: { kind: "open" }, ended: false, rebooted: true }, "lost"],
  ["a cancel meanwhile", { verdict: { kind: "open" }, stopRequested: "cancelled" }, "cancelled"],
  ["a cancel after a failure", { verdict: { kind: "failed", results: [failed] }, stopRequested: "cancelled" }, "cancelled"],
  ["the time limit meanwhile", { verdict: { kind: "open" }, stopRequested: "timed_out" }, "timed_out"],
  ["a shutdown meanwhile", { verdict: { kind: "open" }, stopRequested: "interrupted" }, "interrupted"],
  ["a runner without verification", { verdict: { kind: "open" } }, "verify_unavailable"],
];
for (const [what, facts, kind] of ends) {
  test(`a finished turn with ${what} is ${kind}`, () => {
    assert.equal(decideOutcome({ ...noFacts, result, ...facts }).kind, kind);
  });
}

test("a turn that is not finished is not judged by commands", () => {
  const facts = { ...noFacts, verdict: { kind: "open" } } as const;
  assert.equal(decideOutcome({ ...facts, ended: false }).kind, "crashed");
  assert.equal(decideOutcome({ ...facts, result: resultOf({ isError: true, subtype: "error_max_turns" }) }).kind, "agent_failed");
});

const failure: Outcome = { kind: "verification_failed", message: "test ended with exit code 1.", output: "1 failing" };
const after = (outcome: Outcome, change: EndChange = {}) => consequenceOf(outcome, { now, wall: now, ...change });

test("a failed verification continues the session until its tries are used up", () => {
  const first = after(failure);
  assert.deepEqual([first.operation, first.resumable, first.notBefore, first.verifyFailures], ["requeue", true, null, 1]);
  const last = after(failure, { task: { verifyFailures: 2 } });
  assert.deepEqual([last.operation, last.error?.code, last.error?.retryable], ["fail", "verification_failed", false]);
  assert.equal(
    last.error?.message,
    "Given up after 3 failed verifications. test ended with exit code 1. The end of the output:\n1 failing",
  );
});

test("the only try of a verification fails the task with its own words", () => {
  const only = after(failure, { task: { verifyTries: 1 } });
  assert.match(only.error?.message ?? "", /^test ended with exit code 1\./);
});

test("a task with retries begins again after its tries", () => {
  const again = after(failure, { task: { verifyFailures: 2, retries: 1 } });
  assert.deepEqual([again.operation, again.resumable, again.spendsRetry, again.verifyFailures], ["requeue", false, true, 0]);
});

test("an end of another kind keeps the count of failed verifications", () => {
  const death = after({ kind: "crashed", message: "x" }, { task: { verifyFailures: 2 } });
  assert.deepEqual([death.operation, death.verifyFailures], ["requeue", 2]);
});

test("a verification that cannot decide is tried again apart, at most three times", () => {
  const unavailable: Outcome = { kind: "verify_unavailable", message: "The work could not be verified." };
  const death = { runnerLived: true, call: null };
  const first = after(unavailable, { death, progressed: true, task: { verifyFailures: 1 } });
  assert.deepEqual([first.operation, first.resumable, first.notBefore, first.verifyFailures], ["requeue", true, now + 1000, 1]);
  assert.equal(after(unavailable, { death, task: { poisonCount: 1 } }).notBefore, now + 2000);
  const last = after(unavailable, { death, task: { poisonCount: 2 } });
  assert.deepEqual([last.operation, last.error?.code, last.error?.retryable], ["fail", "verify_unavailable", true]);
});

test("a verification that kills its runner gets as many attempts as a death", () => {
  const died: Outcome = { kind: "verify_unavailable", message: "The attempt died." };
  assert.equal(after(died, { task: { poisonCount: 3 } }).operation, "requeue");
  assert.equal(after(died, { task: { poisonCount: 4 } }).error?.code, "verify_unavailable");
});
