import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Heap } from "../../../src/store/sqlite/heap.ts";

test("a heap gives its items in order, also those that replace others", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.array(fc.nat(50)), (items, steps) => {
      const heap = new Heap([...items], (a, b) => a - b);
      let left = items.toSorted((a, b) => a - b);
      for (const step of steps) {
        const first = heap.first();
        assert.equal(first, left[0]);
        if (first === undefined) break;
        heap.replaceFirst(first + step);
        left = [...left.slice(1), first + step].toSorted((a, b) => a - b);
      }
      for (const each of left) {
        assert.equal(heap.first(), each);
        heap.dropFirst();
      }
      assert.equal(heap.first(), undefined);
    }),
  );
});
