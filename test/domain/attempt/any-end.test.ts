/** What holds for every end of an attempt. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { outcomeKinds } from "../../../src/domain/attempt/outcome.ts";
import * as fc from "fast-check";
import type { Outcome } from "../../../src/domain/attempt/outcome.ts";
import { defaultRetryPolicy } from "../../../src/domain/attempt/retry-policy.ts";
import { afterOutcome } from "../../../src/domain/attempt/retry.ts";
import type { EndedAttempt } from "../../../src/domain/attempt/consequence.ts";
import { forgivingMs } from "../../../src/domain/attempt/setbacks.ts";
import { next } from "../../../src/domain/task/transitions.ts";
import { after, hourMs, now } from "./ends.ts";

const anyOutcome: fc.Arbitrary<Outcome> = fc.record(
  {
    kind: fc.constantFrom(...outcomeKinds),
    message: fc.string(),
    apiStatus: fc.integer({ min: 100, max: 599 }),
    resetsAt: fc.oneof(fc.integer(), fc.constantFrom(now, now + 1, now + 1e15)),
    limit: fc.constantFrom("five_hour", "seven_day", "usage"),
  },
  { requiredKeys: ["kind", "message"] },
);
const anyEnd: fc.Arbitrary<EndedAttempt> = fc.record({
  outcome: anyOutcome,
  task: fc.record({
    cancelRequestedAt: fc.option(fc.constant(now)),
    poisonCount: fc.nat(2000),
    setbacks: fc.nat(9),
    cutCall: fc.constantFrom(null, "Bash a"),
    retriesSpent: fc.nat(2000),
    retries: fc.nat(100),
    refusals: fc.nat(10),
    refusal: fc.constantFrom(null, "auth_failed account:abc", "unreachable account:abc", "rate_limited account:abc"),
    model: fc.constantFrom(null, "opus"),
    maxBudgetUsd: fc.constant(null),
    costUsd: fc.constantFrom(null, 3),
    verifyTries: fc.integer({ min: 1, max: 100 }),
    verifyFailures: fc.nat(100),
    keeping: fc.constantFrom(
      null,
      { iteration: 2, operation: "complete" as const, error: null },
      { iteration: 2, operation: "fail" as const, error: { code: "timed_out", message: "x" } },
    ),
    earlierEnd: fc.option(
      fc.constantFrom("completed", "failed", "cancelled").map((status) => {
        const error = status === "completed" ? null : { code: status, message: "earlier", retryable: true };
        return { status, error, attention: null };
      }),
    ),
  }),
  progressed: fc.boolean(),
  ranMs: fc.nat(forgivingMs * 2),
  death: fc.record({ runnerLived: fc.boolean(), call: fc.constantFrom(null, "Bash a", "Bash b") }),
  unbegun: fc.nat(2000),
  account: fc.constant("abc"),
  wasRefusedElsewhere: fc.boolean().map((value) => () => value),
  isHeld: fc.boolean().map((value) => () => value),
  alone: fc.boolean(),
  policy: fc.constant(defaultRetryPolicy),
  now: fc.constant(now),
  wall: fc.constantFrom(now, now - 24 * hourMs, now + hourMs),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }).map((value) => () => value),
});

test("what follows any end of a running task is legal, complete and bounded", () => {
  fc.assert(
    fc.property(anyEnd, (ended) => {
      const consequence = afterOutcome(ended);
      assert.notEqual(next("running", consequence.operation), null);
      const goesOn = consequence.operation === "requeue";
      assert.equal(consequence.error !== null, consequence.operation === "fail" || consequence.operation === "cancel");
      assert.ok(
        goesOn || (consequence.notBefore === null && !consequence.resumable && !consequence.spendsRetry && consequence.hold === null),
      );
      assert.equal(consequence.notBefore === null, consequence.notBeforeReason === null);
      if (consequence.notBefore !== null) {
        assert.ok(Number.isSafeInteger(consequence.notBefore));
        assert.ok(consequence.notBefore >= now && consequence.notBefore <= now + 8 * 24 * hourMs);
      }
      if (ended.task.cancelRequestedAt !== null) assert.equal(consequence.operation, "cancel");
      if (consequence.spendsRetry) assert.ok(ended.task.retriesSpent < ended.task.retries);
    }),
    { numRuns: 5000 },
  );
});

test("no task is retried for ever without progress, except under a hold", () => {
  const untilTheEnd = fc.constantFrom(...outcomeKinds.filter((kind) => !["rate_limited", "auth_failed", "interrupted"].includes(kind)));
  fc.assert(
    fc.property(fc.array(untilTheEnd, { minLength: 120, maxLength: 120 }), fc.nat(100), (kinds, retries) => {
      let task: EndedAttempt["task"] = {
        cancelRequestedAt: null,
        poisonCount: 0,
        setbacks: 0,
        cutCall: null,
        retriesSpent: 0,
        retries,
        refusals: 0,
        refusal: null,
        model: null,
        maxBudgetUsd: null,
        costUsd: null,
        verifyTries: 3,
        verifyFailures: 0,
        keeping: null,
        earlierEnd: null,
      };
      const ended = kinds.some((kind) => {
        const consequence = after({ kind, message: "x" }, { task });
        task = {
          ...task,
          poisonCount: consequence.poisonCount,
          setbacks: consequence.setbacks,
          cutCall: consequence.cutCall,
          retriesSpent: task.retriesSpent + (consequence.spendsRetry ? 1 : 0),
          refusals: consequence.refusals,
          refusal: consequence.refusal,
        };
        return consequence.operation !== "requeue";
      });
      assert.ok(ended);
    }),
  );
});
