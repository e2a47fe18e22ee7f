import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultRetryPolicy } from "../../../src/domain/attempt/retry-policy.ts";
import * as fc from "fast-check";
import { outcomeKinds, retryableKinds } from "../../../src/domain/attempt/outcome.ts";
import type { Outcome } from "../../../src/domain/attempt/outcome.ts";
import { withNextStep } from "../../../src/domain/attempt/retry.ts";
import { after, agentFailed, authFailed, crashed, gone, hourMs, limited, lost, minuteMs, now, overloaded, timedOut } from "./ends.ts";

test("a success completes the task", () => {
  assert.deepEqual(after({ kind: "succeeded", message: "" }), { ...gone, operation: "complete" });
});

test("an error names the command that runs the task again only where that helps", () => {
  for (const code of outcomeKinds) {
    const error = { code, message: "It failed.", retryable: retryableKinds[code] };
    const [resumed, begun] = [withNextStep(error, { id: 7, sessionId: "s" }), withNextStep(error, { id: 7, sessionId: null })];
    const expected = retryableKinds[code] ? "It failed. When the cause is gone: claude-worker retry 7" : "It failed.";
    assert.deepEqual([begun.message, resumed.message], [expected, retryableKinds[code] ? `${expected} --resume` : expected]);
  }
});

test("a requested cancel counts more than every outcome", () => {
  for (const kind of outcomeKinds) {
    const consequence = after({ kind, message: "x" }, { task: { cancelRequestedAt: now - 1, retries: 9 } });
    assert.equal(consequence.operation, "cancel", kind);
    assert.equal(consequence.error?.code, "cancelled", kind);
    assert.equal(consequence.hold, null, kind);
    const message = kind === "succeeded" ? "Cancelled on request, when Claude had just finished." : "Cancelled on request.";
    assert.equal(consequence.error?.message, message);
    assert.equal(consequence.notBefore, null, kind);
  }
});

test("an overloaded API is tried again five times, later and later", () => {
  const waits: number[] = [];
  let poisonCount = 0;
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    const consequence = after(overloaded, { random: () => 0.999_999, task: { poisonCount } });
    assert.equal(consequence.operation, "requeue");
    assert.equal(consequence.notBeforeReason, "retry");
    assert.ok(consequence.resumable);
    assert.equal(consequence.spendsRetry, false);
    assert.equal(consequence.hold, null);
    waits.push((consequence.notBefore ?? 0) - now);
    poisonCount = consequence.poisonCount;
  }
  assert.deepEqual(waits, [10_000, 20_000, 40_000, 80_000, 160_000]);
  const sixth = after(overloaded, { task: { poisonCount } });
  assert.equal(sixth.operation, "fail");
  assert.deepEqual(sixth.error, {
    code: "overloaded",
    message: "Given up after 6 tries. Claude's API was overloaded.",
    retryable: true,
    apiStatus: 529,
  });
});

test("the wait for a retry has full jitter and never exceeds its cap", () => {
  const waitOf = (random: number, tries: number) =>
    (after(overloaded, {
      random: () => random,
      policy: { ...defaultRetryPolicy, overloadedTries: 99 },
      task: { poisonCount: tries },
    }).notBefore ?? 0) - now;
  assert.equal(waitOf(0, 3), 0);
  assert.equal(waitOf(0.5, 0), 5_000);
  assert.equal(waitOf(0.5, 50), 150_000);
});

test("a usage limit puts the task back until the reset and spends nothing", () => {
  const consequence = after(limited);
  const until = now + 2 * hourMs + 15_000;
  assert.deepEqual(consequence, {
    ...gone,
    operation: "requeue",
    resumable: true,
    hold: { kind: "rate_limited", scope: "account:abc", message: limited.message, until },
  });
});

test("the jitter after a limit's reset is small for a short wait", () => {
  const soon = after({ ...limited, resetsAt: now + 3_000 }, { random: () => 0.999 });
  assert.equal(soon.hold?.until, now + 3_300);
});

test("a wrong clock cannot hold the queue for longer than the limit can last", () => {
  const wrong = { ...limited, resetsAt: now + 365 * 24 * hourMs };
  assert.equal(after(wrong, { random: () => 0 }).hold?.until, now + 5 * hourMs);
  assert.equal(after({ ...wrong, limit: "seven_day" }, { random: () => 0 }).hold?.until, now + 7 * 24 * hourMs);
});

test("a limit is waited for as long as the system's clock says", () => {
  for (const aheadMs of [0, hourMs, 24 * hourMs]) {
    const held = after(limited, { now: now + aheadMs, random: () => 0 });
    assert.equal((held.hold?.until ?? 0) - (now + aheadMs), 2 * hourMs, `${aheadMs} ms ahead`);
  }
});

test("limits, failed sign-ins and interruptions do not count as poison", () => {
  for (const outcome of [limited, authFailed, { kind: "interrupted", message: "" } as const]) {
    assert.equal(after(outcome, { task: { poisonCount: 3 } }).poisonCount, 3);
    assert.equal(after(outcome, { progressed: true, task: { poisonCount: 3 } }).poisonCount, 0);
  }
});

test("an interrupted attempt is pending again and resumes its session", () => {
  assert.deepEqual(after({ kind: "interrupted", message: "" }), { ...gone, operation: "requeue", resumable: true });
});

for (const outcome of [agentFailed, timedOut]) {
  test(`${outcome.kind} fails the task when no retry is left`, () => {
    const failed = after(outcome);
    assert.equal(failed.operation, "fail");
    assert.deepEqual(failed.error, { code: outcome.kind, message: outcome.message, retryable: false });

    const again = after(outcome, { task: { retries: 2, retriesSpent: 1 } });
    assert.equal(again.operation, "requeue");
    assert.equal(again.notBeforeReason, "retry");
    assert.equal(again.notBefore, now + 10_000);
    assert.ok(again.spendsRetry);
    assert.equal(again.resumable, false, "a turn that ended has nothing to continue");

    assert.equal(after(outcome, { task: { retries: 2, retriesSpent: 2 } }).operation, "fail");
  });
}

test("a task whose budget is used up is never tried again", () => {
  const consequence = after({ kind: "budget_exhausted", message: "Stopped at the budget." }, { task: { retries: 5 } });
  assert.deepEqual(consequence, {
    ...gone,
    operation: "fail",
    error: { code: "budget_exhausted", message: "Stopped at the budget.", retryable: false },
  });
});

test("the error of a spent budget states the whole task's money", () => {
  const { error } = after(
    { kind: "budget_exhausted", message: "Stopped at the budget after $0.1800." },
    { task: { maxBudgetUsd: 0.3, costUsd: 0.54 } },
  );
  assert.match(error?.message ?? "", /\$0\.5400 of \$0\.3000 over all attempts/);
  assert.doesNotMatch(error?.message ?? "", /0\.18/);
});

test("a task that has spent its budget is not tried again", () => {
  for (const outcome of [crashed, lost, overloaded, limited, authFailed, { kind: "interrupted", message: "Stopped." } as const]) {
    assert.equal(after(outcome, { task: { maxBudgetUsd: 2, costUsd: 1.9 } }).operation, "requeue");
    const { operation, error } = after(outcome, { task: { maxBudgetUsd: 2, costUsd: 2 } });
    assert.deepEqual([operation, error?.code], ["fail", "budget_exhausted"]);
    assert.match(error?.message ?? "", /\$2\.0000 of \$2\.0000 over all attempts.*--max-budget-usd/);
  }
});

test("a prompt that did no work fails at once without a retry", () => {
  const consequence = after({ kind: "no_work", message: "Nothing was done." }, { task: { retries: 5 } });
  assert.deepEqual(consequence.error, { code: "no_work", message: "Nothing was done.", retryable: false });
});

test("a failure of the environment says that a retry can help", () => {
  const consequence = after({ kind: "environment_failed", message: "The directory is gone." }, { task: { retries: 5 } });
  assert.deepEqual(consequence.error, { code: "environment_failed", message: "The directory is gone.", retryable: true });
});

test("a full disk holds everything for a minute and gives a task five tries", () => {
  const full: Outcome = { kind: "storage_full", message: "The disk is full." };
  const held = after(full);
  assert.deepEqual([held.operation, held.resumable, held.spendsRetry], ["requeue", true, false]);
  assert.partialDeepStrictEqual(held.hold, { kind: "storage", scope: "all", until: now + minuteMs });
  assert.equal(after(full, { task: { poisonCount: 5 } }).operation, "fail");
});

test("only failures of the agent spend retries", () => {
  const anyKind = fc.constantFrom(...outcomeKinds.filter((kind) => kind !== "cancelled"));
  const anyAttempt = fc.record({ kind: anyKind, progressed: fc.boolean(), unbegun: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(anyAttempt, { maxLength: 60 }), fc.nat(4), (attempts, retries) => {
      let task = { cancelRequestedAt: null, poisonCount: 0, retriesSpent: 0, retries, verifyTries: 1 };
      let failures = 0;
      for (const { kind, progressed, unbegun } of attempts) {
        const consequence = after({ kind, message: "x" }, { task, progressed, unbegun });
        const isFailure = ["agent_failed", "verification_failed", "protected_files_changed", "timed_out"].includes(kind);
        if (isFailure) failures += 1;
        assert.equal(consequence.spendsRetry, isFailure && consequence.operation === "requeue");
        task = { ...task, poisonCount: consequence.poisonCount, retriesSpent: task.retriesSpent + Number(consequence.spendsRetry) };
        if (consequence.operation !== "requeue") break;
      }
      assert.ok(failures <= retries + 1);
    }),
  );
});
