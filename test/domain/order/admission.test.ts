import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { inStartingOrder, waitingFor } from "../../../src/domain/order/admission.ts";
import { Lanes } from "../../../src/domain/order/lanes.ts";
import { admit } from "../../../testing/admit.ts";
import type { AdmissionContext, PendingTask } from "../../../src/domain/order/admission.ts";
import { isOfReserve } from "../../../src/domain/order/reserve.ts";
import { rankOf } from "../../../src/domain/order/place.ts";
import { Windows } from "../../../src/domain/order/window.ts";
import { scopeHolds } from "../../../src/domain/order/scope.ts";
import { holdKinds } from "../../../src/domain/order/hold.ts";
import type { NewHold } from "../../../src/domain/order/hold.ts";

const now = Date.UTC(2026, 0, 1);

function task(id: number, { priority = 0, ...change }: Partial<PendingTask> & { priority?: number } = {}): PendingTask {
  return {
    id,
    rank: rankOf({ queuedAt: now, priority }),
    place: id,
    model: null,
    refusals: 0,
    notBefore: null,
    notBeforeReason: null,
    answeredAt: null,
    unmet: 0,
    stashedAt: null,
    group: "default",
    locks: [],
    ignoreReserve: false,
    ...change,
  };
}

function hold(change: Partial<NewHold> = {}): NewHold {
  return { kind: "manual", scope: "all", message: "Paused by hand.", until: null, ...change };
}

const base = { running: 0, slots: 4, holds: [], account: () => "1", now };

test("slots that processes of waiting tasks hold are named", () => {
  const context = { ...base, running: 3, slotsOfWaiting: 1 };
  assert.equal(waitingFor(task(1), { ...base, running: 3 }), null);
  assert.equal(
    waitingFor(task(1), context)?.message,
    "4 of 4 slots are in use, 1 of them by tasks that wait for an answer (claude-worker inbox).",
  );
});

test("the oldest tasks start first, high priority before all, one for each slot", () => {
  const pending = [task(9), task(3), task(5, { priority: 10 }), task(4), task(8, { priority: -1 }), task(7, { priority: 10 })];
  assert.deepEqual(admit({ ...base, pending }).start, [5, 7, 3, 4]);
  assert.deepEqual(admit({ ...base, pending, running: 3 }).start, [5]);
});

test("a task that waits for a slot says how many are ahead", () => {
  const { waiting } = admit({ ...base, pending: [task(1), task(2), task(3)], running: 3 });
  assert.deepEqual(waiting.get(2), { reason: "capacity", message: "4 of 4 slots are in use.", blocker: null, until: null });
  assert.deepEqual(waiting.get(3), {
    reason: "capacity",
    message: "4 of 4 slots are in use, 1 task is ahead.",
    blocker: null,
    until: null,
  });
});

test("a full group says how many run and what its limit is", () => {
  const lanes = (limit: number) => new Lanes(new Map([["small", { limit, isPaused: false }]]), new Map([["small", 1]]), new Map());
  const message = (limit: number) => waitingFor(task(1, { group: "small" }), { ...base, lanes: lanes(limit) })?.message;
  assert.equal(message(1), "Group small is full: 1 running, and its limit is 1.");
  assert.equal(message(0), "Group small has the limit 0, so none of its tasks starts.");
  assert.equal(message(2), undefined);
});

const notYet: [PendingTask["notBeforeReason"], string, string][] = [
  ["retry", "retry", "Next try in 1 m 30 s."],
  ["refused", "retry", "It was refused; next try in 1 m 30 s."],
];
for (const [notBeforeReason, reason, message] of notYet) {
  test(`a task whose time has not come (${notBeforeReason ?? "no reason"}) waits for it`, () => {
    const later = task(1, { notBefore: now + 90_000, notBeforeReason });
    const { start, waiting } = admit({ ...base, pending: [later, task(2)] });
    assert.deepEqual(start, [2]);
    assert.deepEqual(waiting.get(1), { reason, message, blocker: null, until: now + 90_000 });
    assert.deepEqual(admit({ ...base, now: now + 90_000, pending: [later] }).start, [1], "it starts at that very moment");
  });
}

test("a hold on everything starts nothing", () => {
  const limit = hold({ kind: "rate_limited", scope: "account:1", message: "The limit is reached.", until: now + 5 });
  assert.deepEqual(admit({ ...base, pending: [task(1)], holds: [limit] }).waiting.get(1), {
    reason: "hold",
    message: "The limit is reached.",
    blocker: null,
    until: now + 5,
  });
  assert.deepEqual(admit({ ...base, pending: [task(1)], holds: [hold()] }).waiting.get(1), {
    reason: "paused",
    message: "Paused by hand.",
    blocker: null,
    until: null,
  });
});

test("the hold that lasts longest is shown", () => {
  const short = hold({ kind: "rate_limited", message: "short", until: now + 5 });
  const long = hold({ kind: "rate_limited", message: "long", until: now + 50 });
  const open = hold({ kind: "auth_failed", message: "open" });
  const shown = (holds: NewHold[]) => admit({ ...base, pending: [task(1)], holds }).waiting.get(1)?.message;
  assert.equal(shown([short, long]), "long");
  assert.equal(shown([long, open, short]), "open");
});

test("a hold that has expired, or is another account's or model's, holds no task", () => {
  const holds = [hold({ until: now }), hold({ scope: "account:2" }), hold({ scope: "account:1/model:opus" })];
  assert.deepEqual(admit({ ...base, pending: [task(1)], holds }).start, [1]);
  assert.deepEqual(admit({ ...base, pending: [task(1, { model: "opus" })], holds }).start, []);
});

const anyTask = (id: number): fc.Arbitrary<PendingTask> =>
  fc.record({
    id: fc.constant(id),
    rank: fc.integer({ min: -2, max: 2 }),
    place: fc.constantFrom(id, id, id - 1.5),
    notBefore: fc.option(fc.integer({ min: now - 10, max: now + 10 })),
    notBeforeReason: fc.constantFrom("retry", "refused", "schedule", null),
    model: fc.constantFrom(null, "opus", "claude-sonnet-5"),
    refusals: fc.constantFrom(0, 0, 2),
    answeredAt: fc.constantFrom(null, null, 5),
    unmet: fc.constantFrom(0, 0, 0, 1),
    stashedAt: fc.constantFrom(null, null, null, 7),
    window: fc.constantFrom(null, null, "00:00-12:00", "12:00-24:00"),
    group: fc.constantFrom("default", "nightly", "paused"),
    locks: fc.constantFrom([], [], ["db"], ["db", "net"]),
    ignoreReserve: fc.constantFrom(false, false, true),
  });
const anyHold: fc.Arbitrary<NewHold> = fc.record({
  kind: fc.constantFrom(...holdKinds),
  scope: fc.constantFrom("account:1/model:opus", "account:1/model:default", "account:2", "all"),
  message: fc.string(),
  until: fc.option(fc.integer({ min: now - 10, max: now + 10 })),
});
const anyQueue = fc.record({
  pending: fc
    .nat(25)
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => anyTask(index + 1))))
    .chain((tasks) => fc.shuffledSubarray(tasks, { minLength: tasks.length })),
  running: fc.nat(8),
  slots: fc.nat(10),
  holds: fc.array(anyHold, { maxLength: 2 }),
  account: fc.constant(() => "1"),
  now: fc.constant(now),
  lanes: fc.tuple(fc.nat(3), fc.option(fc.constant(99))).map(
    ([limit, holder]) =>
      new Lanes(
        new Map([
          ["nightly", { limit, isPaused: false }],
          ["paused", { limit: null, isPaused: true }],
        ]),
        new Map([["nightly", 1]]),
        new Map(holder === null ? [] : [["net", holder]]),
        undefined,
        new Windows(now, "UTC"),
      ),
  ),
});

/** The same queue once these tasks run. */
function after(
  { lanes, ...queue }: AdmissionContext & { pending: readonly PendingTask[]; lanes: Lanes },
  start: readonly number[],
): AdmissionContext {
  const taken = lanes.copy();
  for (const task of queue.pending.filter(({ id }) => start.includes(id))) taken.take(task, task.id);
  return { ...queue, lanes: taken, running: queue.running + start.length };
}

test("in any queue each task either starts or has a reason to wait", () => {
  fc.assert(
    fc.property(anyQueue, (queue) => {
      const { start, waiting } = admit(queue);
      assert.deepEqual([...start, ...waiting.keys()].toSorted(byNumber), queue.pending.map(({ id }) => id).toSorted(byNumber));

      const started = queue.pending.filter(({ id }) => start.includes(id));
      if (start.length > 0) assert.ok(queue.running + start.length <= queue.slots);
      const locks = started.flatMap((each) => each.locks);
      assert.equal(new Set(locks).size, locks.length, "no lock twice");
      for (const each of started) {
        assert.ok(each.notBefore === null || each.notBefore <= now);
        assert.deepEqual([each.unmet, each.stashedAt], [0, null]);
        assert.notEqual(each.group, "paused");
        assert.notEqual(each.window, "12:00-24:00", "it is midnight");
        const active = queue.holds.filter(({ until }) => until === null || until > now);
        const holding = active.filter((one) => !(each.ignoreReserve && isOfReserve(one)));
        assert.ok(!holding.some(({ scope }) => scopeHolds(scope, each, "1")));
      }
    }),
    { numRuns: 2000 },
  );
});

test("in any queue no waiting task could start beside those that start", () => {
  fc.assert(
    fc.property(anyQueue, (queue) => {
      const { start, waiting } = admit(queue);
      const context = after(queue, start);
      for (const candidate of queue.pending.filter(({ id }) => waiting.has(id))) assert.notEqual(waitingFor(candidate, context), null);
    }),
    { numRuns: 2000 },
  );
});

test("in any queue no task overtakes one that waits for a slot", () => {
  fc.assert(
    fc.property(anyQueue, (queue) => {
      const { start, waiting } = admit(queue);
      const byId = new Map(queue.pending.map((pending) => [pending.id, pending]));
      const started = start.flatMap((id) => byId.get(id) ?? []);
      assert.deepEqual(
        started,
        started.toSorted((a, b) => inStartingOrder(a, b, now)),
      );
      for (const [id, { reason }] of waiting) {
        const waiter = byId.get(id);
        if (waiter === undefined || reason !== "capacity") continue;
        const overtakers = started.filter((other) => inStartingOrder(waiter, other, now) < 0);
        assert.deepEqual(overtakers, []);
      }
    }),
    { numRuns: 2000 },
  );
});

test("the reason that a view shows is the reason that admission used", () => {
  fc.assert(
    fc.property(anyQueue, (queue) => {
      const { start, waiting } = admit(queue);
      const context = after(queue, start);
      for (const candidate of queue.pending) {
        const reason = waiting.get(candidate.id)?.reason;
        // Slots, groups and locks may have been taken after this task was looked at; a hold and a
        // time stay what they were.
        if (reason === undefined || ["capacity", "group", "lock"].includes(reason)) continue;
        assert.equal(waitingFor(candidate, context)?.reason, reason);
      }
    }),
  );
});

function byNumber(a: number, b: number): number {
  return a - b;
}
