import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { admit } from "../../src/domain/admission.ts";
import { newTask, setup } from "./setup.ts";

test("what the store's index offers to start is what admission would start", async (t) => {
  const { store } = setup(t);
  const anyTask = fc.record({
    priority: fc.integer({ min: -2, max: 2 }),
    notBefore: fc.option(fc.integer({ min: 1, max: 9 })),
    notBeforeReason: fc.constantFrom("retry", "rate_limited", "schedule"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(anyTask, { maxLength: 20 }), fc.nat(10), fc.nat(8), async (tasks, now, slots) => {
      await store.write(() => {
        for (const { id } of store.tasks.list({ limit: 500 })) {
          store.tasks.transition(id, "cancel", 1);
          store.tasks.remove(id);
        }
        for (const task of tasks) store.tasks.insert(newTask(task));
      });
      const pending = store.tasks.list({ limit: 500 });
      const { start } = admit({ pending, running: [], limits: { total: slots, groups: {} }, holds: [], now });
      assert.deepEqual(store.tasks.startable(now, slots), start);
    }),
    { numRuns: 40 },
  );
});
