import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { heldModels, steppedBackMs } from "../../src/domain/order/admission.ts";
import { admit } from "../../testing/admit.ts";
import type { NewHold } from "../../src/domain/order/hold.ts";
import { setup } from "./setup.ts";
import { plainTask } from "../../testing/plain-task.ts";

test("what the store's index offers to start is what admission would start", async (t) => {
  const { store } = setup(t);
  const anyTask = fc.record({
    priority: fc.integer({ min: -2, max: 2 }),
    notBefore: fc.option(fc.integer({ min: 1, max: 9 })),
    notBeforeReason: fc.constantFrom("retry", "refused", "schedule"),
    model: fc.constantFrom(null, "opus", "claude-sonnet-5"),
    refusals: fc.constantFrom(0, 0, 3),
  });
  const anyNow = fc.oneof(fc.nat(10), fc.integer({ min: steppedBackMs, max: steppedBackMs + 10 }));
  const anyHold = fc.constantFrom(null, "opus", "default", "opus,default");
  await fc.assert(
    fc.asyncProperty(fc.array(anyTask, { maxLength: 20 }), anyNow, fc.nat(8), anyHold, async (tasks, now, slots, models) => {
      await store.write(() => {
        for (const { id } of store.tasks.list({ limit: 500 })) {
          store.tasks.transition(id, "cancel", 1);
          store.tasks.remove(id);
        }
        for (const { refusals, ...task } of tasks) store.tasks.patch(store.tasks.insert(plainTask(task)).id, 1, { refusals });
      });
      const pending = store.tasks.list({ limit: 500 });
      const holds: NewHold[] =
        models === null ? [] : [{ kind: "rate_limited", scope: `account:a/model:${models}`, message: "", until: null }];
      const { start } = admit({ pending, running: 0, slots: slots, holds, account: "a", now });
      const held = heldModels(holds);
      assert.deepEqual(store.tasks.startable(now, slots, { heldModels: held === "all" ? [] : held }), start);
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
  });
  const anyReserve = fc.constantFrom(null, "account:a", "account:a/model:opus");
  const anyTasks = fc.tuple(fc.nat(150), fc.array(anyTask, { maxLength: 40 }));
  await fc.assert(
    fc.asyncProperty(anyTasks, fc.nat(10), fc.nat(8), fc.boolean(), anyReserve, async ([blocked, tasks], now, slots, isHeld, reserve) => {
      await store.write(() => {
        for (const { id } of store.tasks.list({ limit: 500 })) {
          store.tasks.transition(id, "cancel", 1);
          store.tasks.remove(id);
        }
        for (let left = blocked; left > 0; left -= 1) store.tasks.insert(plainTask({ group: "paused", priority: 2 }));
        for (const task of tasks) store.tasks.insert(plainTask(task));
      });
      const pending = store.tasks.list({ limit: 500 });
      const mayStart = (id: number): boolean => id % 5 !== 0;
      const allowed = pending.filter(({ id }) => mayStart(id));
      const holds: NewHold[] = isHeld ? [{ kind: "rate_limited", scope: "account:a/model:opus", message: "", until: null }] : [];
      const reserved: NewHold[] = reserve === null ? [] : [{ kind: "reserve", scope: reserve, message: "", until: null }];
      const lanes = store.groups.lanes();
      const { start } = admit({ pending: allowed, running: 0, slots, holds: [...holds, ...reserved], account: "a", now, lanes });
      const held = { heldModels: isHeld ? ["opus"] : [], reservedModels: heldModels(reserved) };
      assert.deepEqual(store.tasks.startable(now, slots, { ...held, lanes, mayStart }), start);
    }),
    { numRuns: 40 },
  );
});
