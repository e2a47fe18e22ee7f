/** Loops: what an iteration is, and which one is the last. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { consequenceOf } from "../../../testing/attempt-end.ts";
import type { EndChange } from "../../../testing/attempt-end.ts";
import type { Consequence } from "../../../src/domain/attempt/consequence.ts";
import type { Outcome } from "../../../src/domain/attempt/outcome.ts";
import { checksOf } from "../../../src/domain/verification/checks.ts";
import { bestOf, iterationScore, iterationState, loopEnd } from "../../../src/domain/verification/loop.ts";
import type { LoopState } from "../../../src/domain/verification/loop.ts";
import type { VerifyResult } from "../../../src/domain/verification/verify-result.ts";

const failure: Outcome = { kind: "verification_failed", message: "test ended with exit code 1.", output: "1 failing" };
const now = 1_000_000;

function iteration(change: Partial<LoopState["iterations"][number]> = {}): LoopState["iterations"][number] {
  return { number: 1, state: "unfinished", score: null, checkpoint: 1, exitCode: 1, outputTail: "1 failing", tree: "aaa", ...change };
}

function loop(iterations: LoopState["iterations"], change: Partial<LoopState> = {}): LoopState {
  return { iterations, hasIteration: true, maxIterations: 8, context: "continued", hasUntil: true, goal: null, ...change };
}

const after = (state: LoopState, change: EndChange = {}) => consequenceOf(failure, { now, wall: now, loop: state, ...change });

test("the commands of a loop are checks behind the others", () => {
  assert.deepEqual(
    checksOf({
      verify: ["@unit npm test"],
      protect: ["test/**"],
      until: "@done ./done.sh",
      score: "node bench.mjs",
      judge: "It is small.",
    }),
    [
      { name: "@protect", command: "test/**" },
      { name: "unit", command: "npm test" },
      { name: "@until", command: "./done.sh" },
      { name: "@score", command: "node bench.mjs" },
      { name: "@judge", command: "It is small." },
    ],
  );
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

/** Iterations of a scored loop, by their scores. */
function scored(scores: readonly (number | null)[], change: Partial<LoopState> = {}): LoopState {
  const iterations = scores.map((score, at) =>
    iteration({ number: at + 1, state: score === null ? "failed" : "passed", score, exitCode: 0, tree: `t${at}` }),
  );
  return loop(iterations, { hasUntil: false, goal: "minimize", ...change });
}

const passed: Outcome = { kind: "succeeded", message: "Claude finished the task." };
const afterScore = (state: LoopState, outcome = passed, change: EndChange = {}): Consequence =>
  consequenceOf(outcome, { now, wall: now, loop: state, ...change });

test("a score counts where all checks passed but the one that ends the loop", () => {
  const score: VerifyResult = { name: "@score", command: "x", state: "passed", exitCode: 0, reason: null, output: "3", score: 3 };
  const other: VerifyResult = { name: "unit", command: "x", state: "passed", exitCode: 0, reason: null, output: "" };
  assert.equal(iterationScore([other, score]), 3);
  assert.equal(iterationScore([other, { ...other, name: "@until", state: "failed" }, score]), 3);
  assert.equal(iterationScore([{ ...other, state: "failed" }, score]), null);
  assert.equal(iterationScore([other, { ...other, name: "@score", state: "failed" }]), null);
});

test("the best iteration has the best score, and is the first of several", () => {
  const { iterations } = scored([5, 3, null, 3, 4]);
  assert.equal(bestOf(iterations, "minimize", false)?.number, 2);
  assert.equal(bestOf(iterations, "maximize", false)?.number, 1);
  assert.equal(bestOf(iterations, null, false), null);
  const lost = iterations.map((each) => (each.number === 2 ? { ...each, checkpoint: null } : each));
  assert.equal(bestOf(lost, "minimize", false)?.number, 4, "files without a snapshot cannot stand");
  const ended = iterations.map((each) => ({ ...each, state: each.number === 5 ? ("passed" as const) : ("unfinished" as const) }));
  assert.equal(bestOf(ended, "minimize", true)?.number, 5, "what ends the loop comes before the score");
});

test("a scored loop goes on to its cap, and then lets the best iteration stand", () => {
  assert.deepEqual(afterScore(scored([5, 3])).operation, "requeue");
  assert.equal(afterScore(scored([5, 3], { maxIterations: 2 })).operation, "complete", "the last one is the best one");
  const worse = afterScore(scored([3, 5], { maxIterations: 2 }));
  assert.deepEqual([worse.operation, worse.keeping], ["requeue", { iteration: 1, operation: "complete", error: null }]);
  const same = scored([3, 4, 5], {});
  const idle = { ...same, iterations: same.iterations.map((each) => ({ ...each, tree: "t" })) };
  assert.equal(afterScore(idle).keeping?.iteration, 1, "the same files three times end it, whatever the score measures");
});

test("whatever ends a scored loop, its best iteration is not lost", () => {
  const broken = afterScore(scored([3, null, null, null]), failure, { task: { verifyFailures: 2 } });
  assert.deepEqual(broken.keeping, { iteration: 1, operation: "complete", error: null });
  const late = afterScore(scored([3], { hasIteration: false }), { kind: "timed_out", message: "Too long." });
  assert.deepEqual([late.keeping?.operation, late.keeping?.error?.code], ["fail", "timed_out"]);
  const paid = afterScore(scored([3, 4]), passed, { task: { maxBudgetUsd: 1, costUsd: 2 } });
  assert.deepEqual(paid.keeping, { iteration: 1, operation: "complete", error: null });
  const none = afterScore(scored([null, null, null]), failure, { task: { verifyFailures: 2 } });
  assert.deepEqual([none.operation, none.error?.code, none.keeping], ["fail", "verification_failed", null]);
  const cancelled = afterScore(scored([3, 4], { maxIterations: 2 }), passed, { task: { cancelRequestedAt: now } });
  assert.deepEqual([cancelled.operation, cancelled.keeping], ["cancel", null]);
});

test("an end that waits for the best iteration waits over deaths, and not for ever", () => {
  const keeping = { iteration: 1, operation: "complete", error: null } as const;
  const state = scored([3, 4], { hasIteration: false });
  assert.deepEqual(afterScore(state, passed, { task: { keeping } }).operation, "complete");
  const death = afterScore(state, { kind: "crashed", message: "x" }, { task: { keeping } });
  assert.deepEqual([death.operation, death.keeping], ["requeue", keeping]);
  assert.equal(afterScore(state, { kind: "crashed", message: "x" }, { task: { keeping, poisonCount: 4 } }).operation, "complete");
  assert.equal(afterScore(state, { kind: "cancelled", message: "x" }, { task: { keeping } }).operation, "cancel");
});
