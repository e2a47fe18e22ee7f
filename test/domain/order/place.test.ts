import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { bySpot, movedText, pointMs, rankOf, reordered, targetText } from "../../../src/domain/order/place.ts";

const hourMs = 3_600_000;

test("a point of priority passes what has waited for less than a day longer", () => {
  const low = rankOf({ queuedAt: 0, priority: 0 });
  assert.ok(rankOf({ queuedAt: pointMs - 1, priority: 1 }) < low);
  assert.ok(rankOf({ queuedAt: pointMs + 1, priority: 1 }) > low);
});

test("no task waits for ever behind higher ones that keep coming", () => {
  const anyQueue = fc.record({ points: fc.integer({ min: 1, max: 4 }), slotHours: fc.integer({ min: 1, max: 3 }) });
  fc.assert(
    fc.property(anyQueue, ({ points, slotHours }) => {
      // One slot that takes a task each `slotHours`, and a task of a higher priority each hour.
      let queue = [{ id: 0, rank: rankOf({ queuedAt: 0, priority: 0 }), place: 0 }];
      let startedAt: number | null = null;
      for (let hour = 1; startedAt === null && hour < 10_000; hour += 1) {
        queue.push({ id: hour, rank: rankOf({ queuedAt: hour * hourMs, priority: points }), place: hour });
        if (hour % slotHours !== 0) continue;
        const [first] = queue.toSorted(bySpot);
        queue = queue.filter(({ id }) => id !== first?.id);
        if (first?.id === 0) startedAt = hour * hourMs;
      }
      assert.ok(startedAt !== null, "it waits for ever");
      // Only tasks of its first `points` days pass it.
      assert.ok(startedAt <= points * pointMs * slotHours + slotHours * hourMs);
    }),
  );
});

test("an order after a move has the same tasks, and the moved one at its place", () => {
  assert.deepEqual(reordered([1, 2, 3], 3, "front"), [3, 1, 2]);
  assert.deepEqual(reordered([1, 2, 3], 1, "back"), [2, 3, 1]);
  assert.deepEqual(reordered([1, 2, 3], 3, { before: 2 }), [1, 3, 2]);
  assert.deepEqual(reordered([1, 2, 3], 3, { before: 9 }), [1, 2, 3]);
});

test("a move is told in words", () => {
  assert.deepEqual([targetText("front"), targetText({ before: 41 })], ["front", "before:41"]);
  assert.deepEqual([movedText("front"), movedText("before:41")], ["to the front", "before task 41"]);
});
