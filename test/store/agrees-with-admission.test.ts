import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { steppedBackMs } from "../../src/domain/order/admission.ts";
import { heldTasks } from "../../src/domain/order/held.ts";
import type { HeldPart, ProfileAccounts } from "../../src/domain/order/held.ts";
import { admit } from "../../testing/admit.ts";
import type { NewHold } from "../../src/domain/order/hold.ts";
import { setup } from "./setup.ts";
import { plainTask } from "../../testing/plain-task.ts";

/** Two profiles of one account, one of another, and one that cannot be used. */
const fingerprints: Readonly<Record<string, string>> = { default: "a", same: "a", other: "b" };
const accounts: ProfileAccounts = { profiles: ["default", "same", "other", "gone"], account: (profile) => fingerprints[profile] ?? null };
/** With a profile that pays for those of the first account. */
const paying: ProfileAccounts = { ...accounts, whenHeld: (profile) => (profile === "default" ? "other" : null) };
const anyProfile = fc.constantFrom("default", "default", "same", "other", "gone");

function partsOf(holds: readonly NewHold[], { of = accounts, every = holds } = {}): readonly HeldPart[] {
  const held = heldTasks(holds, of, every);
  assert.ok(held !== "all");
  return held;
}

test("what the store's index offers to start is what admission would start", async (t) => {
  const { store } = setup(t);
  const anyTask = fc.record({
    priority: fc.integer({ min: -2, max: 2 }),
    notBefore: fc.option(fc.integer({ min: 1, max: 9 })),
    notBeforeReason: fc.constantFrom("retry", "refused", "schedule"),
    model: fc.constantFrom(null, "opus", "claude-sonnet-5"),
    refusals: fc.constantFrom(0, 0, 3),
    profile: anyProfile,
  });
  const anyNow = fc.oneof(fc.nat(10), fc.integer({ min: steppedBackMs, max: steppedBackMs + 10 }));
  const anyHold = fc.constantFrom(null, "a/model:opus", "a/model:default", "b/model:opus,default", "a", "b");
  await fc.assert(
    fc.asyncProperty(fc.array(anyTask, { maxLength: 20 }), anyNow, fc.nat(8), anyHold, async (tasks, now, slots, scope) => {
      await store.write(() => {
        for (const { id } of store.tasks.list({ limit: 500 })) {
          store.tasks.transition(id, "cancel", 1);
          store.tasks.remove(id);
        }
        for (const { refusals, ...task } of tasks) store.tasks.patch(store.tasks.insert(plainTask(task)).id, 1, { refusals });
      });
      const pending = store.tasks.list({ limit: 500 });
      const holds: NewHold[] = scope === null ? [] : [{ kind: "rate_limited", scope: `account:${scope}`, message: "", until: null }];
      const { start } = admit({ pending, running: 0, slots: slots, holds, account: accounts.account, now });
      assert.deepEqual(store.tasks.startable(now, slots, { held: partsOf(holds) }), start);
    }),
    { numRuns: 40 },
  );
});

test("the same with groups, locks and a reserve, also behind a hundred that wait", async (t) => {
  const { store } = setup(t);
  await store.write(() => {
    store.groups.put({ name: "small", maxRunning: 1, pausedAt: null, createdAt: 1 });
    store.groups.put({ name: "paused", maxRunning: null, pausedAt: 1, createdAt: 1 });
  });
  const anyTask = fc.record({
    priority: fc.integer({ min: -2, max: 2 }),
    notBefore: fc.constantFrom(null, null, null, 1, 9),
    notBeforeReason: fc.constant("schedule"),
    group: fc.constantFrom("default", "small", "paused"),
    locks: fc.constantFrom([], ["db"], ["db", "net"], ["net"]),
    model: fc.constantFrom(null, "opus"),
    window: fc.constantFrom(null, null, "00:00-12:00", "12:00-24:00"),
    stashedAt: fc.constantFrom(null, null, null, 1),
    ignoreReserve: fc.boolean(),
    profile: anyProfile,
    hasBegun: fc.boolean(),
  });
  const anyReserve = fc.constantFrom(null, "account:a", "account:a/model:opus", "account:b");
  const anyHeld = fc.constantFrom(null, "account:a/model:opus", "account:b", "account:a");
  const anyTasks = fc.tuple(fc.nat(150), fc.array(anyTask, { maxLength: 40 }));
  await fc.assert(
    fc.asyncProperty(anyTasks, fc.nat(10), fc.nat(8), anyHeld, anyReserve, async ([blocked, tasks], now, slots, scope, reserve) => {
      await store.write(() => {
        for (const { id } of store.tasks.list({ limit: 500 })) {
          store.tasks.transition(id, "cancel", 1);
          store.tasks.remove(id);
        }
        for (let left = blocked; left > 0; left -= 1) store.tasks.insert(plainTask({ group: "paused", priority: 2 }));
        for (const { hasBegun, ...task } of tasks) {
          const { id } = store.tasks.insert(plainTask(task));
          if (hasBegun) store.tasks.patch(id, 1, { sessionId: `s${id}`, resumable: true });
        }
      });
      const pending = store.tasks.list({ limit: 500 });
      const mayStart = (id: number): boolean => id % 5 !== 0;
      const allowed = pending.filter(({ id }) => mayStart(id));
      const holds: NewHold[] = scope === null ? [] : [{ kind: "rate_limited", scope, message: "", until: null }];
      const reserved: NewHold[] = reserve === null ? [] : [{ kind: "reserve", scope: reserve, message: "", until: null }];
      const lanes = store.groups.lanes();
      const { start } = admit({
        pending: allowed,
        running: 0,
        slots,
        holds: [...holds, ...reserved],
        ...paying,
        now,
        lanes,
      });
      const every = [...holds, ...reserved];
      const held = { held: partsOf(holds, { of: paying, every }), reserved: partsOf(reserved, { of: paying, every }) };
      assert.deepEqual(store.tasks.startable(now, slots, { ...held, lanes, mayStart }), start);
    }),
    { numRuns: 40 },
  );
});
