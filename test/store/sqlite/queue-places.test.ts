import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pointMs, reordered } from "../../../src/domain/order/place.ts";
import type { MoveTarget } from "../../../src/domain/order/place.ts";
import { plainTask } from "../../../testing/plain-task.ts";
import { newAttempt, setup } from "../setup.ts";

const order = ({ store }: ReturnType<typeof setup>): number[] => store.tasks.startable(0, 100);

test("a task goes to the front, to the back and before another one, over a restart", async (t) => {
  const base = setup(t);
  const { store, submit, open } = base;
  for (const priority of [0, 0, 5, 5, -5]) await submit({ priority });
  assert.deepEqual(order(base), [3, 4, 1, 2, 5]);
  const move = (id: number, target: MoveTarget) => store.write(() => store.tasks.move(id, target, 9));
  assert.equal(await move(2, "front"), true);
  assert.deepEqual(order(base), [2, 3, 4, 1, 5]);
  assert.equal(await move(2, "front"), false, "it stands there");
  await move(3, "back");
  await move(1, { before: 4 });
  assert.equal(await move(1, { before: 4 }), false);
  assert.deepEqual(order(base), [2, 1, 4, 5, 3]);
  assert.deepEqual([store.tasks.row(2)?.moved, store.tasks.row(1)?.moved, store.tasks.row(4)?.moved], ["front", "before:4", null]);
  assert.deepEqual(
    [2, 1, 4, 5, 3].map((id) => store.tasks.ahead(id)),
    [0, 1, 2, 3, 4],
  );
  await store.close();
  const again = open();
  assert.deepEqual(again.tasks.startable(0, 100), [2, 1, 4, 5, 3]);
  await again.write(() => again.tasks.patch(2, 10, { priority: 0 }));
  assert.deepEqual([again.tasks.startable(0, 100), again.tasks.row(2)?.moved], [[1, 4, 2, 5, 3], null], "a new priority ends the place");
});

test("a moved task keeps its place until its end, also where it is tried again", async (t) => {
  const base = setup(t);
  const { store, submit } = base;
  await submit();
  await submit();
  await store.write(() => store.tasks.move(2, "front", 9));
  const claimed = await store.write(() => store.attempts.claim(2, newAttempt("one"), 9));
  await store.write(() => {
    store.attempts.close(claimed?.attempt.id ?? 0, { kind: "lost", message: "" }, 10);
    store.tasks.transition(2, "requeue", 10);
  });
  assert.deepEqual(order(base), [2, 1]);
  await store.write(() => store.tasks.transition(2, "cancel", 11));
  await store.write(() => store.tasks.transition(2, "retry", 12));
  assert.deepEqual(order(base), [1, 2]);
});

test("a task that comes back brings at most a day of age", async (t) => {
  const base = setup(t);
  const { store, submit } = base;
  const long = 100 * pointMs;
  await submit({ createdAt: 1 });
  await submit({ createdAt: long, priority: 2 });
  assert.deepEqual(order(base), [1, 2]);
  await store.write(() => store.tasks.transition(1, "cancel", long));
  await store.write(() => store.tasks.transition(1, "retry", long));
  assert.deepEqual(order(base), [2, 1]);
});

test("a clock that is set back changes no order of submits", async (t) => {
  const base = setup(t);
  for (const createdAt of [9 * pointMs, 1, 2]) await base.submit({ createdAt });
  assert.deepEqual(order(base), [1, 2, 3]);
});

test("any moves give the order that the same moves give in a list", async (t) => {
  const base = setup(t);
  const { store } = base;
  const anyMove = fc.tuple(fc.nat(20), fc.oneof(fc.constantFrom("front" as const, "back" as const), fc.nat(20)));
  const anyTask = fc.record({ priority: fc.integer({ min: -1, max: 1 }), createdAt: fc.constantFrom(1000, 1000, pointMs + 1000) });
  await fc.assert(
    fc.asyncProperty(fc.array(anyTask, { minLength: 1, maxLength: 8 }), fc.array(anyMove, { maxLength: 30 }), async (tasks, moves) => {
      const ids = await store.write(() => {
        for (const { id } of store.tasks.list({ limit: 500 })) {
          store.tasks.transition(id, "cancel", 1);
          store.tasks.remove(id);
        }
        return tasks.map((task) => store.tasks.insert(plainTask(task)).id);
      });
      let expected = order(base);
      for (const [pick, to] of moves) {
        const id = ids[pick % ids.length] ?? 0;
        const target = typeof to === "string" ? to : { before: ids[to % ids.length] ?? 0 };
        if (typeof target !== "string" && target.before === id) continue;
        await store.write(() => store.tasks.move(id, target, 1));
        expected = reordered(expected, id, target);
        assert.deepEqual(order(base), expected);
      }
    }),
    { numRuns: 40 },
  );
});

test("a hundred tasks move between the same two, one after another", async (t) => {
  const { store } = setup(t);
  const ids = await store.write(() => Array.from({ length: 102 }, () => store.tasks.insert(plainTask()).id));
  const [first = 0, last = 0, ...others] = ids;
  for (const id of others) await store.write(() => store.tasks.move(id, { before: last }, 1));
  assert.deepEqual(store.tasks.startable(0, 200), [first, ...others, last]);
});

test("an exchange gives the places of some tasks to them in another order", async (t) => {
  const base = setup(t);
  const { store, submit } = base;
  for (const priority of [0, 3, 0, 1]) await submit({ priority });
  assert.deepEqual(order(base), [2, 4, 1, 3]);
  const exchange = (ids: readonly number[]) => store.write(() => store.tasks.exchange(ids, { id: 3, target: "front" }, 9));
  assert.equal(await exchange([3, 2]), true);
  assert.deepEqual(order(base), [3, 4, 1, 2]);
  assert.equal(await exchange([3, 2]), false);
  assert.deepEqual([store.tasks.row(3)?.moved, store.tasks.row(2)?.moved], ["front", null]);
});
