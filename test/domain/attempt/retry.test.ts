import assert from "node:assert/strict";
import { test } from "node:test";
import { consequenceOf } from "../../../testing/attempt-end.ts";
import type { EndChange } from "../../../testing/attempt-end.ts";
import * as fc from "fast-check";
import { outcomeKinds, retryableKinds } from "../../../src/domain/attempt/outcome.ts";
import type { Outcome } from "../../../src/domain/attempt/outcome.ts";
import { defaultRetryPolicy } from "../../../src/domain/attempt/retry-policy.ts";
import { afterOutcome, withNextStep } from "../../../src/domain/attempt/retry.ts";
import type { Consequence, EndedAttempt } from "../../../src/domain/attempt/consequence.ts";
import { callUnderWay, forgivingMs } from "../../../src/domain/attempt/setbacks.ts";
import { next } from "../../../src/domain/task/transitions.ts";
import { event } from "../../../testing/events.ts";

const now = Date.UTC(2026, 0, 1);
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

function after(outcome: Outcome, change: EndChange = {}): Consequence {
  return consequenceOf(outcome, { now, wall: now, ...change });
}

const crashed: Outcome = { kind: "crashed", message: "The runner died before the task was finished." };
const lost: Outcome = { kind: "lost", message: "The machine rebooted." };
const overloaded: Outcome = { kind: "overloaded", message: "Claude's API was overloaded.", apiStatus: 529 };
const agentFailed: Outcome = { kind: "agent_failed", message: "It did not work." };
const timedOut: Outcome = { kind: "timed_out", message: "Stopped: the attempt ran longer than its time limit." };
const authFailed: Outcome = { kind: "auth_failed", message: "Claude's API refused the sign-in.", apiStatus: 401 };
const limited: Outcome = {
  kind: "rate_limited",
  message: "The account's usage limit (five_hour) is reached.",
  limit: "five_hour",
  resetsAt: now + 2 * hourMs,
};

const gone = {
  notBefore: null,
  notBeforeReason: null,
  resumable: false,
  spendsRetry: false,
  poisonCount: 0,
  setbacks: 0,
  cutCall: null,
  refusals: 0,
  refusal: null,
  hold: null,
  probe: null,
  error: null,
};

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

for (const outcome of [crashed, lost]) {
  test(`an attempt that was ${outcome.kind} is resumed at once and spends no retry`, () => {
    assert.deepEqual(after(outcome), { ...gone, operation: "requeue", resumable: true, poisonCount: 1 });
  });

  test(`a second attempt in a row that ended ${outcome.kind} waits a second`, () => {
    const waits = [1, 2, 3].map((poisonCount) => after(outcome, { task: { poisonCount } }).notBefore);
    assert.deepEqual(waits, [now + 1000, now + 2000, now + 4000]);
  });

  test(`five attempts in a row that ended ${outcome.kind} without a step fail the task`, () => {
    assert.equal(after(outcome, { task: { poisonCount: 3 } }).operation, "requeue");
    const fifth = after(outcome, { task: { poisonCount: 4, retries: 9 } });
    assert.equal(fifth.operation, "fail");
    assert.equal(fifth.poisonCount, 5);
    assert.equal(fifth.error?.code, outcome.kind);
    assert.match(fifth.error?.message ?? "", /^Given up: 5 attempts in a row died without a new step\. The last one: The /);
  });
}

test("an attempt that never began is tried again for ever, later and later", () => {
  const waits = [1, 2, 3, 4, 9, 10, 11, 2000].map((unbegun) => {
    const { operation, notBefore, poisonCount } = after(crashed, { unbegun, task: { poisonCount: 4 } });
    assert.deepEqual([operation, poisonCount], ["requeue", 4]);
    return notBefore === null ? 0 : (notBefore - now) / 1000;
  });
  assert.deepEqual(waits, [0, 1, 2, 4, 128, 256, 300, 300]);
});

test("progress resets the count of fruitless attempts", () => {
  for (let poisonCount = 0; poisonCount < 20; poisonCount += 1) {
    const consequence = after(crashed, { progressed: true, task: { poisonCount } });
    assert.equal(consequence.operation, "requeue");
    assert.equal(consequence.poisonCount, 1);
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

/** Plays ends of one kind in a row, each with progress, until the task fails. */
function row(outcome: Outcome, change: Parameters<typeof after>[1], most: number): { ends: Consequence[]; waits: number[] } {
  const ends: Consequence[] = [];
  let task: Partial<EndedAttempt["task"]> = {};
  while (ends.length < most && ends.at(-1)?.operation !== "fail") {
    const end = after(outcome, { progressed: true, random: () => 0.999_999, ...change, task });
    task = { poisonCount: end.poisonCount, setbacks: end.setbacks, cutCall: end.cutCall };
    ends.push(end);
  }
  return { ends, waits: ends.map(({ notBefore }) => (notBefore === null ? 0 : (notBefore - now) / 1000)) };
}

const claudeDied = { runnerLived: true, call: null };

test("a Claude that dies each time after progress is resumed until the tenth death", () => {
  const { ends, waits } = row(crashed, { death: claudeDied, ranMs: 5_000 }, 50);
  assert.deepEqual(waits, [0, 1, 2, 4, 8, 16, 32, 64, 128, 0]);
  assert.equal(ends.at(-1)?.error?.code, "crashed");
  assert.match(ends.at(-1)?.error?.message ?? "", /^Given up: 10 attempts in a row broke off, although they made progress/);
});

test("a runner that dies in the same tool call each time counts as a setback", () => {
  const same = row(crashed, { death: { runnerLived: false, call: "Bash boom" } }, 50);
  assert.deepEqual([same.ends.length, same.ends.at(-1)?.operation], [11, "fail"]);
  for (const call of [null, "Bash 1"]) {
    let task: Partial<EndedAttempt["task"]> = {};
    for (let death = 0; death < 50; death += 1) {
      const end = after(crashed, { progressed: true, death: { runnerLived: false, call: call === null ? null : `Bash ${death}` }, task });
      assert.deepEqual([end.operation, end.notBefore, end.setbacks], ["requeue", null, 0]);
      task = end;
    }
  }
});

test("a long attempt with progress forgives the deaths before it", () => {
  const die = (change: Parameters<typeof after>[1]) => after(crashed, { death: claudeDied, progressed: true, ...change }).setbacks;
  assert.equal(die({ ranMs: forgivingMs, task: { setbacks: 8 } }), 1);
  assert.equal(die({ ranMs: forgivingMs - 1, task: { setbacks: 8 } }), 9);
  assert.equal(die({ ranMs: forgivingMs, progressed: false, task: { setbacks: 8 } }), 9);
  const boom = { runnerLived: true, call: "Bash boom" };
  assert.equal(die({ ranMs: forgivingMs, death: boom, task: { setbacks: 8, cutCall: "Bash boom" } }), 9);
});

test("reboots, stops, limits, refusals and failed starts are not setbacks", () => {
  const interrupted: Outcome = { kind: "interrupted", message: "" };
  for (const outcome of [lost, interrupted, limited, authFailed, { kind: "overloaded", message: "ECONNREFUSED" } as const]) {
    const end = after(outcome, { progressed: true, death: claudeDied, task: { setbacks: 4, cutCall: "Bash a" } });
    assert.deepEqual([end.operation, end.setbacks, end.cutCall], ["requeue", 4, "Bash a"], outcome.kind);
  }
  assert.equal(after(crashed, { unbegun: 1, task: { setbacks: 4 } }).setbacks, 4);
});

for (const outcome of [overloaded, { kind: "storage_full", message: "The disk is full." } as const]) {
  test(`${outcome.kind} ten times in a row fails the task in spite of progress`, () => {
    const { ends, waits } = row(outcome, {}, 50);
    assert.deepEqual([ends.length, ends.at(-1)?.error?.code], [10, outcome.kind]);
    if (outcome.kind === "overloaded") assert.deepEqual(waits, [10, 20, 40, 80, 160, 300, 300, 300, 300, 0]);
  });
}

test("the call under way is the newest without a result", () => {
  const use = (id: string, command: string) => event("tool_use", { tool: "Bash", tool_use_id: id, input: { command } });
  const result = (id: string) => event("tool_result", { tool_use_id: id });
  assert.equal(callUnderWay([use("1", "ls"), result("1")]), null);
  const first = callUnderWay([use("1", "ls"), result("1"), use("2", "boom")]);
  assert.match(first ?? "", /^Bash .*boom/);
  assert.equal(callUnderWay([use("7", "boom")]), first);
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
      let task = { cancelRequestedAt: null, poisonCount: 0, retriesSpent: 0, retries };
      let failures = 0;
      for (const { kind, progressed, unbegun } of attempts) {
        const consequence = after({ kind, message: "x" }, { task, progressed, unbegun });
        const isFailure = ["agent_failed", "verification_failed", "timed_out"].includes(kind);
        if (isFailure) failures += 1;
        assert.equal(consequence.spendsRetry, isFailure && consequence.operation === "requeue");
        task = { ...task, poisonCount: consequence.poisonCount, retriesSpent: task.retriesSpent + Number(consequence.spendsRetry) };
        if (consequence.operation !== "requeue") break;
      }
      assert.ok(failures <= retries + 1);
    }),
  );
});

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
