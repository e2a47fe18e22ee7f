/** Loops: what an iteration is, and which one is the last. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { consequenceOf } from "../../../testing/attempt-end.ts";
import type { EndChange } from "../../../testing/attempt-end.ts";
import type { Outcome } from "../../../src/domain/attempt/outcome.ts";
import { checksOf } from "../../../src/domain/verification/checks.ts";
import { iterationState, loopEnd } from "../../../src/domain/verification/loop.ts";
import type { LoopState } from "../../../src/domain/verification/loop.ts";
import type { VerifyResult } from "../../../src/domain/verification/verify-result.ts";

const failure: Outcome = { kind: "verification_failed", message: "test ended with exit code 1.", output: "1 failing" };
const now = 1_000_000;

function iteration(change: Partial<LoopState["iterations"][number]> = {}): LoopState["iterations"][number] {
  return { state: "unfinished", exitCode: 1, outputTail: "1 failing", tree: "aaa", ...change };
}

function loop(iterations: LoopState["iterations"], change: Partial<LoopState> = {}): LoopState {
  return { iterations, hasIteration: true, maxIterations: 8, context: "continued", ...change };
}

const after = (state: LoopState, change: EndChange = {}) => consequenceOf(failure, { now, wall: now, loop: state, ...change });

test("the command of a loop is a check behind the others", () => {
  assert.deepEqual(checksOf({ verify: ["@unit npm test"], protect: ["test/**"], until: "@done ./done.sh" }), [
    { name: "@protect", command: "test/**" },
    { name: "unit", command: "npm test" },
    { name: "@until", command: "./done.sh" },
  ]);
});

test("an iteration is unfinished until the command of the loop passes", () => {
  const passed: VerifyResult = { name: "unit", command: "x", state: "passed", exitCode: 0, reason: null, output: "" };
  const until: VerifyResult = { ...passed, name: "@until", state: "failed", exitCode: 1 };
  assert.equal(iterationState([passed, { ...until, state: "passed" }]), "passed");
  assert.equal(iterationState([passed, until]), "unfinished");
  assert.equal(iterationState([{ ...passed, state: "failed" }, until]), "unfinished");
  assert.equal(
    iterationState([
      { ...passed, state: "failed" },
      { ...until, state: "passed" },
    ]),
    "failed",
  );
});

test("an unfinished iteration continues the session, however often", () => {
  const many = after(loop([1, 2, 3, 4, 5].map((number) => iteration({ tree: `t${number}` }))), { task: { verifyFailures: 2 } });
  assert.deepEqual([many.operation, many.resumable, many.verifyFailures, many.notBefore], ["requeue", true, 0, null]);
});

test("a fresh context begins the next iteration in a new session", () => {
  const fresh = after(loop([iteration()], { context: "fresh" }));
  assert.deepEqual([fresh.operation, fresh.resumable, fresh.spendsRetry], ["requeue", false, false]);
});

test("a loop ends with its most iterations, also where the task has retries", () => {
  const state = loop([iteration({ tree: "a" }), iteration({ tree: "b" })], { maxIterations: 2 });
  const last = after(state, { task: { retries: 3 } });
  assert.deepEqual([last.operation, last.error?.code], ["fail", "verification_failed"]);
  assert.match(
    last.error?.message ?? "",
    /^Given up after 2 iterations \(--max-iterations\)\. test ended.*\nThe end of the output:|^Given up/,
  );
  assert.match(loopEnd(loop([iteration()], { maxIterations: 1 })) ?? "", /^Given up after 1 iteration \(/);
});

test("the same failure with the same files ends a loop the third time", () => {
  assert.equal(loopEnd(loop([iteration(), iteration()])), null);
  assert.match(loopEnd(loop([iteration({ tree: "b" }), iteration(), iteration(), iteration()])) ?? "", /^Stopped: 3 iterations in a row/);
  for (const change of [{ tree: "b" }, { exitCode: 2 }, { outputTail: "2 failing" }])
    assert.equal(loopEnd(loop([iteration(), iteration(change), iteration()])), null, JSON.stringify(change));
  const unknown = iteration({ tree: null });
  assert.equal(loopEnd(loop([unknown, unknown, unknown])), null, "files that are not known may have changed");
});

test("other checks that fail in a row end a loop by the tries of a verification", () => {
  const broken = loop([1, 2, 3].map((number) => iteration({ state: "failed", tree: `t${number}` })));
  const again = after(broken, { task: { verifyFailures: 1 } });
  assert.deepEqual([again.operation, again.verifyFailures], ["requeue", 2]);
  assert.match(after(broken, { task: { verifyFailures: 2 } }).error?.message ?? "", /^Given up after 3 failed verifications/);
});

test("an attempt without an iteration keeps the count of failures", () => {
  const state = loop([iteration()], { hasIteration: false });
  const death = consequenceOf({ kind: "crashed", message: "x" }, { now, wall: now, loop: state, task: { verifyFailures: 2 } });
  assert.deepEqual([death.operation, death.verifyFailures], ["requeue", 2]);
});
