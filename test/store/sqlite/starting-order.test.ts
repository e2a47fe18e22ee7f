import assert from "node:assert/strict";
import { test } from "node:test";
import type { HeldPart } from "../../../src/domain/order/held.ts";
import fc from "fast-check";
import { newAttempt, setup } from "../setup.ts";
import { plainTask } from "../../../testing/plain-task.ts";

/** What is held of the server's own profile. */
function parts(...models: string[]): HeldPart[] {
  return models.map((model) => ["default", model]);
}

test("the starting order is priority, then age", async (t) => {
  const { store, submit } = setup(t);
  await submit({ priority: 0 });
  await submit({ priority: 5 });
  await submit({ priority: 5 });
  await submit({ priority: 9, notBefore: 100, notBeforeReason: "retry" });
  await submit({ priority: 5, notBefore: 50, notBeforeReason: "schedule" });
  assert.deepEqual(store.tasks.startable(49, 10), [2, 3, 1]);
  assert.deepEqual(store.tasks.startable(50, 10), [2, 3, 5, 1]);
  assert.deepEqual(store.tasks.startable(100, 10), [4, 2, 3, 5, 1]);
  assert.deepEqual(store.tasks.startable(100, 2), [4, 2]);
  assert.deepEqual(store.tasks.startable(100, 0), []);
  assert.equal(store.tasks.nextStartAt(0), 50);
  assert.equal(store.tasks.nextStartAt(50), 100);
  assert.equal(store.tasks.nextStartAt(100), null);
  assert.deepEqual(
    [4, 2, 3, 5, 1].map((id) => store.tasks.ahead(id)),
    [0, 1, 2, 3, 4],
  );
  assert.equal(store.tasks.ahead(99), 0);
});

test("the starting order leaves out the tasks of held models", async (t) => {
  const { store, submit } = setup(t);
  for (const model of ["claude-opus-9", "sonnet", null]) {
    await submit({ model });
    await submit({ model, notBefore: 10, notBeforeReason: "retry" });
  }
  assert.deepEqual(store.tasks.startable(10, 9), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(store.tasks.startable(10, 9, { held: parts("opus") }), [3, 4, 5, 6]);
  assert.deepEqual(store.tasks.startable(9, 9, { held: parts("sonnet", "default") }), [1]);
  assert.deepEqual(
    [parts("opus"), parts("opus", "default"), parts(""), []].map((held) => store.tasks.pendingOf(held)),
    [2, 4, 6, 0],
  );
});

test("the starting order has pending tasks only", async (t) => {
  const { store, submit, start } = setup(t);
  const { task, attempt } = await start();
  const cancelled = await submit({ notBefore: 10 });
  await store.write(() => store.tasks.transition(cancelled.id, "cancel", 5));
  assert.deepEqual(store.tasks.startable(1000, 10), []);
  assert.equal(store.tasks.nextStartAt(0), null);
  await store.write(() => {
    store.attempts.close(attempt.id, { kind: "overloaded", message: "busy" }, 2100);
    store.tasks.transition(task.id, "requeue", 2100, { notBefore: 9000, notBeforeReason: "retry" });
  });
  assert.deepEqual(store.tasks.startable(8999, 10), []);
  assert.deepEqual(store.tasks.startable(9000, 10), [task.id]);
  const claimed = await store.write(() => store.attempts.claim(task.id, newAttempt("again"), 9000));
  assert.equal(claimed?.task.notBefore, null);
  assert.equal(claimed?.task.notBeforeReason, null);
});

test("the starting order is the same as sorting every pending task", async (t) => {
  const { store } = setup(t);
  const anyTasks = fc.array(
    fc.record({
      priority: fc.integer({ min: -2, max: 2 }),
      notBefore: fc.option(fc.integer({ min: 1, max: 9 })),
      stashedAt: fc.constantFrom(null, null, null, 1),
    }),
    { maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(anyTasks, fc.integer({ min: 0, max: 10 }), fc.integer({ min: 1, max: 40 }), async (tasks, now, limit) => {
      await store.write(() => {
        for (const { id } of store.tasks.list({ limit: 500 })) {
          store.tasks.transition(id, "cancel", 1);
          store.tasks.remove(id);
        }
        for (const task of tasks) store.tasks.insert(plainTask(task));
      });
      const pending = store.tasks.list({ limit: 500 }).toSorted((a, b) => b.priority - a.priority || a.id - b.id);
      const startable = pending.filter((task) => task.stashedAt === null && (task.notBefore === null || task.notBefore <= now));
      assert.deepEqual(
        store.tasks.startable(now, limit),
        startable.slice(0, limit).map((task) => task.id),
      );
      const queue = pending.filter((task) => task.stashedAt === null);
      assert.deepEqual(
        queue.map((task) => store.tasks.ahead(task.id)),
        [...queue.keys()],
      );
      const later = queue.flatMap((task) => (task.notBefore !== null && task.notBefore > now ? [task.notBefore] : []));
      assert.equal(store.tasks.nextStartAt(now), later.length === 0 ? null : Math.min(...later));
    }),
    { numRuns: 60 },
  );
});

test("the starting order leaves out reserved models, not tasks that ignore it", async (t) => {
  const { store, submit } = setup(t);
  for (const model of ["opus", "sonnet"]) {
    await submit({ model });
    await submit({ model, ignoreReserve: true, priority: model === "opus" ? -1 : 0 });
  }
  await submit({ ignoreReserve: true, notBefore: 10, notBeforeReason: "retry" });
  const order = (reserved: string[], now = 9, held: string[] = []) =>
    store.tasks.startable(now, 9, { reserved: parts(...reserved), held: parts(...held) });
  assert.deepEqual(order([]), [1, 3, 4, 2]);
  assert.deepEqual(order(["opus"]), [3, 4, 2]);
  assert.deepEqual(order([""]), [4, 2]);
  assert.deepEqual(order([""], 10), [4, 5, 2]);
  assert.deepEqual(order([""], 9, ["opus"]), [4]);
  assert.deepEqual(store.tasks.startable(9, 1, { reserved: parts("") }), [4]);
});

test("the starting order leaves out held profiles, and counts their tasks", async (t) => {
  const { store, submit } = setup(t);
  for (const profile of ["default", "work", "key", "work"]) await submit({ profile, model: "opus" });
  await submit({ profile: "work", notBefore: 5, notBeforeReason: "retry" });
  const order = (held: HeldPart[], limit = 9) => store.tasks.startable(9, limit, { held });
  assert.deepEqual(order([["work", ""]]), [1, 3]);
  assert.deepEqual(order([["default", ""]]), [2, 3, 4, 5]);
  assert.deepEqual(order([["work", "opus"]]), [1, 3, 5]);
  const every: HeldPart[] = [
    ["default", ""],
    ["work", ""],
    ["key", ""],
  ];
  assert.deepEqual([order(every), order(every.slice(0, 2), 1)], [[], [3]]);
  assert.deepEqual(
    [store.tasks.pendingOf([["work", ""]]), store.tasks.pendingOf([["work", "opus"]]), store.tasks.pendingOf(every)],
    [3, 2, 5],
  );
  assert.deepEqual(store.tasks.pendingProfiles(), ["key", "work"]);
  await store.write(() => store.tasks.patch(2, 9, { profile: "default" }));
  assert.deepEqual(order([["work", ""]]), [1, 2, 3]);
});
