import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { dependencyState, findCycle, readDependency, waitsForText } from "../../../src/domain/order/dependency.ts";
import { taskStatuses } from "../../../src/domain/task/status.ts";

test("a condition is decided by the end of the other task only", () => {
  const said = Object.fromEntries(
    taskStatuses.map((status) => [status, (["completed", "ended", "failed"] as const).map((on) => dependencyState(on, status))]),
  );
  assert.deepEqual(said, {
    pending: ["waiting", "waiting", "waiting"],
    running: ["waiting", "waiting", "waiting"],
    waiting: ["waiting", "waiting", "waiting"],
    completed: ["met", "met", "impossible"],
    failed: ["impossible", "met", "met"],
    cancelled: ["impossible", "met", "impossible"],
    skipped: ["impossible", "met", "impossible"],
  });
});

test("a dependency is read from the words of the command line", () => {
  assert.deepEqual(readDependency("41"), { reference: "41", on: "completed" });
  assert.deepEqual(readDependency(" last:ended "), { reference: "last", on: "ended" });
  for (const text of ["", ":failed", "41:done", "41:", "41:ended:failed"]) assert.equal(readDependency(text), null, text);
});

test("what a task waits for is said with the condition", () => {
  const two = { task: 2, status: "pending" } as const;
  assert.equal(waitsForText([{ ...two, on: "completed" }]), "It runs after task 2 (pending).");
  assert.equal(waitsForText([{ ...two, on: "failed" }]), "It runs only if task 2 (pending) fails.");
  assert.equal(waitsForText([{ ...two, on: "ended" }]), "It runs after task 2 (pending), however that ends.");
  const [first, more] = [{ ...two, on: "failed" } as const, { ...two, task: 3, on: "completed" } as const];
  assert.equal(waitsForText([first, more]), "It runs only if task 2 (pending) fails, and after 1 more.");
});

test("a cycle is spelled out, and a chain of ten thousand has none", () => {
  assert.equal(
    findCycle(
      new Map([
        ["a", ["b", "c"]],
        ["b", ["c"]],
        ["c", []],
      ]),
    ),
    null,
  );
  assert.deepEqual(
    findCycle(
      new Map([
        ["x", ["a"]],
        ["a", ["b"]],
        ["b", ["c"]],
        ["c", ["a"]],
      ]),
    ),
    ["a", "b", "c", "a"],
  );
  const chain = new Map(Array.from({ length: 10_000 }, (_, index) => [index, index === 0 ? [] : [index - 1]]));
  assert.equal(findCycle(chain), null);
  chain.set(0, [9_999]);
  assert.equal(findCycle(chain)?.length, 10_001);
});

test("a cycle is found exactly where following the edges comes back", () => {
  const anyEdges = fc.array(fc.tuple(fc.nat(6), fc.nat(6)), { maxLength: 12 });
  fc.assert(
    fc.property(anyEdges, (edges) => {
      const needs = new Map(Array.from({ length: 7 }, (_, from) => [from, edges.filter(([each]) => each === from).map(([, to]) => to)]));
      const reach = needs;
      const comesBack = [...needs.keys()].some((start) => {
        const seen = new Set<number>();
        const left = [...(reach.get(start) ?? [])];
        for (let at = left.pop(); at !== undefined; at = left.pop()) if (!seen.has(at)) left.push(...(seen.add(at), reach.get(at) ?? []));
        return seen.has(start);
      });
      const cycle = findCycle(needs);
      assert.equal(cycle !== null, comesBack);
      if (cycle === null) return;
      assert.equal(cycle[0], cycle.at(-1));
      for (const [index, at] of cycle.slice(0, -1).entries()) assert.ok(needs.get(at)?.includes(cycle[index + 1] ?? -1));
    }),
    { numRuns: 1000 },
  );
});
