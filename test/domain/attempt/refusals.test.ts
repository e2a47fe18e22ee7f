/**
 * Refusals of the API, played against a queue: what one task meets may not stop the others, and
 * nobody waits for ever.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { consequenceOf } from "../../../testing/attempt-end.ts";
import type { EndChange } from "../../../testing/attempt-end.ts";
import * as fc from "fast-check";
import { steppedBackMs } from "../../../src/domain/order/admission.ts";
import { rankOf } from "../../../src/domain/order/place.ts";
import { admit } from "../../../testing/admit.ts";
import type { NewHold } from "../../../src/domain/order/hold.ts";
import type { Outcome } from "../../../src/domain/attempt/outcome.ts";
import { afterProbe, probeFor, refusalHold } from "../../../src/domain/order/probe.ts";
import { refusalOf } from "../../../src/domain/attempt/refusal.ts";
import { defaultRetryPolicy } from "../../../src/domain/attempt/retry-policy.ts";
import type { Consequence, EndedAttempt } from "../../../src/domain/attempt/consequence.ts";

const now = Date.UTC(2026, 0, 1);
const minuteMs = 60_000;
const tooMany: Outcome = { kind: "rate_limited", message: "Usage credits required for 1M context.", apiStatus: 429 };
const forbidden: Outcome = { kind: "auth_failed", message: "Your account does not have access.", apiStatus: 403 };
const unauthorized: Outcome = { kind: "auth_failed", message: "Invalid API key.", apiStatus: 401 };
const noCredit: Outcome = { kind: "auth_failed", message: "Credit balance is too low." };
const limited = (limit: string, resetsAt = now + 60 * minuteMs): Outcome => ({
  kind: "rate_limited",
  message: `The account's usage limit (${limit}) is reached.`,
  limit,
  resetsAt,
});

function after(outcome: Outcome, change: EndChange = {}): Consequence {
  return consequenceOf(outcome, { account: "a", random: () => 1, now, wall: now, ...change });
}

for (const outcome of [tooMany, forbidden, { ...limited("five_hour"), resetsAt: now - 1 }, unauthorized, noCredit]) {
  test(`one refusal (${outcome.message}) holds no other task`, () => {
    const first = after(outcome);
    assert.deepEqual([first.operation, first.hold, first.resumable, first.spendsRetry], ["requeue", null, true, false]);
    assert.deepEqual([first.notBeforeReason, (first.notBefore ?? 0) - now], ["refused", 15_000]);
    const again = after(outcome, { task: { refusals: 1, refusal: first.refusal } });
    assert.deepEqual([again.refusals, (again.notBefore ?? 0) - now], [2, 30_000]);
  });

  test(`the refusal (${outcome.message}) of a second task holds the account`, () => {
    const asked: string[] = [];
    const { hold, probe, refusal } = after(outcome, { wasRefusedElsewhere: (name) => asked.push(name) > 0 });
    assert.deepEqual(asked, [refusal]);
    assert.deepEqual([hold?.kind, hold?.scope, hold?.until], [outcome.kind, "account:a", null]);
    assert.match(hold?.message ?? "", /claude-worker resume$/);
    assert.deepEqual([probe?.refusal, probe?.at], [refusal, now]);
  });

  test(`five refusals (${outcome.message}) in a row fail the task in the API's words`, () => {
    const refusal = after(outcome).refusal;
    assert.equal(after(outcome, { task: { refusals: 3, refusal } }).operation, "requeue");
    const fifth = after(outcome, { task: { refusals: 4, refusal }, wasRefusedElsewhere: () => true });
    assert.deepEqual([fifth.operation, fifth.error?.code, fifth.hold], ["fail", outcome.kind, null]);
    assert.ok(fifth.error?.message.includes(outcome.message), fifth.error?.message);
    assert.equal(after(outcome, { task: { refusals: 4, refusal }, progressed: true }).refusals, 1, "a step in between begins anew");
    assert.equal(after(outcome, { task: { refusals: 4, refusal: "another" } }).refusals, 1, "so does another refusal");
  });
}

test("an attempt that was cut without a step does not end a row of refusals", () => {
  const task = { refusals: 3, refusal: after(tooMany).refusal };
  for (const kind of ["interrupted", "crashed", "lost"] as const) {
    const kept = after({ kind, message: "cut" }, { task });
    assert.deepEqual([kept.refusals, kept.refusal, kept.notBeforeReason], [3, task.refusal, null]);
    assert.equal(after({ kind, message: "cut" }, { task, progressed: true }).refusals, 0);
  }
});

test("a refused sign-in is probed at once", () => {
  for (const outcome of [unauthorized, noCredit]) assert.notEqual(after(outcome).probe, null);
  for (const outcome of [tooMany, forbidden]) {
    assert.equal(after(outcome).probe, null);
    assert.notEqual(after(outcome, { alone: true }).probe, null);
  }
});

const unreached: Outcome = { kind: "overloaded", message: "Unable to connect to API (ECONNREFUSED)." };

test("a task without a connection steps back and asks for a probe at once", () => {
  const first = after(unreached);
  assert.deepEqual([first.operation, first.notBeforeReason, first.hold, first.resumable], ["requeue", "refused", null, true]);
  assert.deepEqual([first.probe?.kind, first.probe?.at, first.refusal], ["unreachable", now, "unreachable account:a"]);
});

test("a second task without a connection holds everything and fails no task", () => {
  const task = { refusals: 50, refusal: "unreachable account:a" };
  const seconded = after(unreached, { task, wasRefusedElsewhere: () => true });
  assert.deepEqual([seconded.operation, seconded.hold?.kind, seconded.hold?.scope], ["requeue", "unreachable", "account:a"]);
  const isHeld: EndedAttempt["isHeld"] = ({ kind, scope }) => kind === "unreachable" && scope === "account:a";
  assert.equal(after(unreached, { task, isHeld }).operation, "requeue");
});

test("a task that alone has no connection is tried five more times", () => {
  const policy = { ...defaultRetryPolicy, refusalTries: 1 };
  const task = { refusals: 4, refusal: "unreachable account:a" };
  assert.equal(after(unreached, { task, policy }).operation, "requeue");
  const sixth = after(unreached, { task: { ...task, refusals: 5 }, policy });
  assert.deepEqual([sixth.operation, sixth.error?.code], ["fail", "overloaded"]);
  assert.match(sixth.error?.message ?? "", /^Given up after 6 tries\. Unable to connect/);
});

test("a probe without a connection holds the account and is repeated", () => {
  const bad = answer(unreached, unreached, { held: false });
  assert.deepEqual([bad.lift, bad.holds, bad.forgetRefusals], [false, [refusalHold(probeOf(unreached))], true]);
  const pauses = [0, 1, 2, 3, 4, 500].map((tries) => ((answer(unreached, unreached, { tries }).nextAt ?? 0) - now) / 1000);
  assert.deepEqual(pauses, [15, 30, 60, 120, 120, 120]);
});

const badProxy: Outcome = { kind: "unavailable", message: "Claude Code refused to start: bad proxy.", startupFailure: "proxy_invalid" };

test("a Claude Code that refuses to start for one task holds no other task", () => {
  for (const wasRefusedElsewhere of [() => false, () => true]) {
    const { operation, hold, probe, refusal, notBeforeReason } = after(badProxy, { wasRefusedElsewhere });
    assert.deepEqual([operation, hold, notBeforeReason], ["requeue", null, "refused"]);
    assert.deepEqual([probe?.kind, probe?.at, refusal], ["unavailable", now, "unavailable:proxy_invalid account:a"]);
  }
  const fifth = after(badProxy, { task: { refusals: 4, refusal: "unavailable:proxy_invalid account:a" } });
  assert.deepEqual([fifth.operation, fifth.error?.code, fifth.error?.retryable], ["fail", "unavailable", true]);
  assert.match(fifth.error?.message ?? "", /^Given up after 5 refusals in a row\. Claude Code refused to start: bad proxy/);
});

test("a second task is not evidence for a reason not to start", () => {
  const wasRefusedElsewhere = () => true;
  for (const kind of ["auth_failed", "overloaded"] as const) {
    const { hold, probe } = after({ kind, message: "Refused.", startupFailure: "org_pin_mismatch" }, { wasRefusedElsewhere });
    assert.deepEqual([hold, probe?.at], [null, now], kind);
  }
  const names = [undefined, "org_pin_mismatch"].map(
    (word) => refusalOf({ kind: "auth_failed", message: "x", ...(word && { startupFailure: word }) }, "a", now)?.name,
  );
  assert.deepEqual(names, ["auth_failed account:a", "auth_failed:org_pin_mismatch account:a"]);
});

const missing: Outcome = { kind: "unavailable", message: "Claude Code cannot be started: not found at /old." };

test("a Claude Code that is not there holds everything at once, until a probe finds it", () => {
  const { operation, hold, probe, refusals, resumable } = after(missing);
  assert.deepEqual([operation, resumable, hold?.kind, hold?.scope, refusals], ["requeue", true, "unavailable", "account:a", 0]);
  assert.match(hold?.message ?? "", /not found at \/old\..*claude-worker doctor.*tried again.*claude-worker resume$/);
  assert.deepEqual([probe?.kind, probe?.at], ["unavailable", now + 5_000]);
  const elsewhere = answer(missing, { ...missing, message: "Claude Code cannot be started: not found at /new." });
  assert.match(elsewhere.holds[0]?.message ?? "", /not found at \/new\./, "the path that is used now");
  const pauses = [0, 1, 2, 3, 500].map((tries) => ((answer(missing, missing, { tries }).nextAt ?? 0) - now) / 1000);
  assert.deepEqual(pauses, [5, 10, 20, 30, 30]);
  for (const outcome of [works, noNetwork, tooMany])
    assert.deepEqual([answer(missing, outcome).lift, answer(missing, outcome).holds], [true, []], outcome.message);
  assert.deepEqual([answer(missing, unauthorized).lift, answer(missing, unauthorized).ask?.kind], [true, "auth_failed"]);
  assert.deepEqual([answer(missing, badProxy).lift, answer(missing, badProxy).ask?.refusal], [true, "unavailable:proxy_invalid account:a"]);
  const unknown = answer(missing, { kind: "crashed", message: "The probe could not be run." });
  assert.deepEqual([unknown.lift, unknown.nextAt], [false, now + 5_000]);
});

test("a probe that does not start holds the account until one starts", () => {
  const same = answer(badProxy, badProxy, { held: false });
  assert.deepEqual([same.lift, same.holds, same.forgetRefusals], [false, [refusalHold(probeOf(badProxy))], true]);
  const other: Outcome = { kind: "unavailable", message: "Too old.", startupFailure: "cli_version_too_old" };
  const another = answer(badProxy, other);
  assert.deepEqual([another.lift, another.holds[0]?.message.startsWith("Too old."), another.ask?.kind], [true, true, "unavailable"]);
  assert.deepEqual(answer(unauthorized, other).ask?.refusal, "unavailable:cli_version_too_old account:a");
  const busy: Outcome = { kind: "overloaded", message: "Overloaded.", apiStatus: 529 };
  for (const outcome of [works, busy, tooMany])
    assert.deepEqual([answer(badProxy, outcome).lift, answer(badProxy, outcome).holds], [true, []]);
  assert.deepEqual([answer(badProxy, unauthorized).lift, answer(badProxy, unauthorized).ask?.kind], [true, "auth_failed"]);
  assert.equal(answer(badProxy, noNetwork).lift, false, "it says nothing of the start");
});

test("any answer of the API ends an outage", () => {
  const overloaded: Outcome = { kind: "overloaded", message: "Overloaded.", apiStatus: 529 };
  for (const outcome of [works, overloaded, { kind: "agent_failed", message: "no such model", apiStatus: 404 } as const]) {
    const { lift, holds, nextAt, worked } = answer(unreached, outcome);
    assert.deepEqual([lift, holds, nextAt, worked], [true, [], null, true]);
  }
  assert.deepEqual([answer(unreached, unauthorized).lift, answer(unreached, unauthorized).ask?.kind], [true, "auth_failed"]);
  assert.deepEqual(answer(unreached, tooMany).lift, true);
  const broken = answer(unreached, { kind: "crashed", message: "The probe could not be run." });
  assert.deepEqual([broken.lift, broken.nextAt], [false, now + 15_000], "it says nothing of the network");
});

test("a 401 is not evidence for a 403, nor for another account", () => {
  const names = [unauthorized, forbidden, tooMany].flatMap((outcome) => [
    refusalOf(outcome, "a", now)?.name,
    refusalOf(outcome, "b", now)?.name,
  ]);
  assert.equal(new Set(names).size, 6);
});

const scopes: [limit: string, model: string | null, scope: string][] = [
  ["five_hour", null, "account:a"],
  ["seven_day", "opus", "account:a"],
  ["seven_day_overage_included", null, "account:a"],
  ["thirty_day", null, "account:a"],
  ["seven_day_opus", "claude-opus-5-5", "account:a/model:opus"],
  ["seven_day_sonnet", "sonnet", "account:a/model:sonnet"],
  ["seven_day_haiku", null, "account:a/model:haiku,default"],
];
for (const [limit, model, scope] of scopes) {
  test(`the limit ${limit} with the model ${model ?? "by default"} holds ${scope}`, () => {
    const { hold, probe, notBefore, refusals } = after(limited(limit), { task: { model }, random: () => 0 });
    assert.deepEqual(hold?.scope, scope);
    assert.deepEqual([hold?.until, probe, notBefore, refusals], [now + 60 * minuteMs, null, null, 0]);
  });
}

test("a model's limit leaves tasks of other models alone", () => {
  const pending = [null, "opus", "claude-opus-5-5", "sonnet"].map((model, index) => pendingTask(index + 1, { model }));
  const startsUnder = (scope: string) => {
    const holds: NewHold[] = [{ kind: "rate_limited", scope, message: "x", until: now + 1 }];
    return admit({ pending, running: 0, slots: 9, holds, account: () => "a", now }).start;
  };
  assert.deepEqual(startsUnder("account:a/model:opus"), [1, 4]);
  assert.deepEqual(startsUnder("account:a/model:opus,default"), [4]);
  assert.deepEqual(startsUnder("account:b"), [1, 2, 3, 4]);
  assert.deepEqual(startsUnder("account:b/model:opus"), [1, 2, 3, 4]);
  assert.deepEqual(startsUnder("account:a"), []);
});

test("a refused task goes behind the others until it was due for ten minutes", () => {
  const pending = [pendingTask(1, { priority: 9, refusals: 1, notBefore: now }), pendingTask(2), pendingTask(3, { priority: -9 })];
  const order = (at: number) => admit({ pending, running: 0, slots: 9, holds: [], account: () => "a", now: at }).start;
  assert.deepEqual(order(now), [2, 3, 1]);
  assert.deepEqual(order(now + steppedBackMs - 1), [2, 3, 1]);
  assert.deepEqual(order(now + steppedBackMs), [1, 2, 3]);
});

const probeOf = (outcome: Outcome) => {
  const refusal = refusalOf(outcome, "a", now);
  assert.ok(refusal);
  return probeFor(refusal, { account: "a", model: null, message: outcome.message, at: now });
};
const answer = (asked: Outcome, outcome: Outcome, { held = true, tries = 0 } = {}) =>
  afterProbe({ ...probeOf(asked), tries }, outcome, { account: "a", held, now, wall: now });
const works: Outcome = { kind: "succeeded", message: "" };
const noNetwork: Outcome = { kind: "overloaded", message: "no network" };

test("a probe that works lifts the hold, and a refused probe is repeated", () => {
  for (const asked of [unauthorized, forbidden, tooMany]) {
    const good = answer(asked, works);
    assert.deepEqual([good.lift, good.worked, good.nextAt, good.holds, good.forgetRefusals], [true, true, null, [], false]);
    const bad = answer(asked, asked);
    assert.deepEqual([bad.lift, bad.holds, bad.forgetRefusals], [false, [refusalHold(probeOf(asked))], true]);
    const pauses = [0, 1, 2, 3, 4, 5, 60].map((tries) => ((answer(asked, asked, { tries }).nextAt ?? 0) - now) / minuteMs);
    assert.deepEqual(pauses, [1, 2, 4, 8, 16, 30, 30]);
  }
});

test("a probe without an answer leaves a hold as it is and puts none", () => {
  const held = answer(unauthorized, noNetwork);
  assert.deepEqual([held.lift, held.holds.length, held.nextAt], [false, 0, now + minuteMs]);
  const asked = [0, 1, 2].map((tries) => answer(unauthorized, noNetwork, { held: false, tries }));
  assert.deepEqual(
    asked.map(({ nextAt, holds }) => [nextAt === null, holds.length]),
    [
      [false, 0],
      [false, 0],
      [true, 0],
    ],
  );
});

test("a probe that meets something else holds that instead", () => {
  const limit = answer(unauthorized, limited("five_hour"));
  assert.deepEqual([limit.lift, limit.nextAt, limit.holds[0]?.until], [true, null, now + 60 * minuteMs]);
  const signIn = answer(tooMany, unauthorized);
  assert.deepEqual([signIn.lift, signIn.holds[0]?.kind, signIn.ask?.kind], [true, "auth_failed", "auth_failed"]);
  assert.deepEqual(answer(unauthorized, tooMany).holds, [], "the sign-in was accepted");
});

type Pending = Parameters<typeof admit>[0]["pending"][number];

function pendingTask(id: number, { priority = 0, ...change }: Partial<Pending> & { priority?: number } = {}) {
  return {
    id,
    rank: rankOf({ queuedAt: now, priority }),
    place: id,
    group: "default",
    model: null,
    refusals: 0,
    locks: [],
    unmet: 0,
    stashedAt: null,
    notBefore: null,
    notBeforeReason: null,
    answeredAt: null,
    ignoreReserve: false,
    ...change,
  };
}

/**
 * A task of the simulated queue. `refusedTimes`: so many of its requests are refused; Infinity:
 * all.
 */
interface Simulated {
  id: number;
  priority: number;
  refusedTimes: number;
  outcome: Outcome;
}

const anySimulated = fc.array(
  fc.record({
    priority: fc.integer({ min: -1, max: 1 }),
    refusedTimes: fc.constantFrom(0, 0, 1, 3, Infinity),
    outcome: fc.constantFrom(tooMany, forbidden, unauthorized, badProxy),
  }),
  { minLength: 1, maxLength: 12 },
);

test("in any order of refusals good tasks complete and poisonous ones fail", () => {
  fc.assert(
    fc.property(anySimulated, fc.integer({ min: 1, max: 3 }), (specs, slots) => {
      const tasks: Simulated[] = specs.map((spec, index) => ({ ...spec, id: index + 1 }));
      const ends = simulate(tasks, slots);
      for (const { id, refusedTimes } of tasks) {
        assert.equal(ends.get(id)?.status, refusedTimes < defaultRetryPolicy.refusalTries ? "complete" : "fail", `task ${id}`);
      }
      // Good tasks are not kept waiting by the refused ones: a hold that two of those cause is
      // lifted by the probe that it asks for.
      const worst = Math.max(...tasks.filter(({ refusedTimes }) => refusedTimes === 0).map(({ id }) => ends.get(id)?.at ?? Infinity), 0);
      assert.ok(worst <= 60 * minuteMs, `the last good task ended after ${worst / minuteMs} min`);
    }),
    { numRuns: 500 },
  );
});

/**
 * Plays the queue to its end; every attempt takes a second, the account itself works. @returns how
 * and when (ms) each task ended
 */
function simulate(tasks: readonly Simulated[], slots: number): Map<number, { status: string; at: number }> {
  const queue = new Map(
    tasks.map((task) => [
      task.id,
      { ...pendingTask(task.id, { priority: task.priority }), refusal: null as string | null, refusedAt: 0, tried: 0 },
    ]),
  );
  const ends = new Map<number, { status: string; at: number }>();
  let holds: NewHold[] = [];
  let workedAt = 0;
  for (let at = now; queue.size > 0; at += 1_000) {
    assert.ok(at < now + 24 * 60 * minuteMs, "a task waits for ever");
    const { start } = admit({ pending: [...queue.values()], running: 0, slots, holds, account: () => "a", now: at });
    // The probe that a hold asked for works.
    holds = [];
    for (const id of start) {
      const state = queue.get(id);
      const spec = tasks.find((each) => each.id === id);
      assert.ok(state && spec);
      state.tried += 1;
      const outcome = state.tried <= spec.refusedTimes ? spec.outcome : works;
      const wasRefusedElsewhere = (name: string): boolean =>
        [...queue.values()].some(
          (other) => other.id !== id && other.refusal === name && other.refusedAt > Math.max(at - 10 * minuteMs, workedAt),
        );
      const next = after(outcome, { task: state, now: at, wall: at, wasRefusedElsewhere });
      if (next.operation === "complete") workedAt = at;
      if (next.hold !== null) holds.push(next.hold);
      if (next.operation === "requeue") Object.assign(state, { ...next, refusedAt: at });
      else {
        ends.set(id, { status: next.operation, at: at - now });
        queue.delete(id);
      }
    }
  }
  return ends;
}
