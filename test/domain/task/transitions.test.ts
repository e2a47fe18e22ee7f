import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { isTerminal, taskStatuses } from "../../../src/domain/task/task.ts";
import type { TaskStatus } from "../../../src/domain/task/task.ts";
import { next, operations, sourcesOf } from "../../../src/domain/task/transitions.ts";
import type { Operation } from "../../../src/domain/task/transitions.ts";

/** docs/concepts/lifecycle.md, "States": every change of status that there is. */
const allowed: [TaskStatus, Operation, TaskStatus][] = [
  ["pending", "claim", "running"],
  ["pending", "cancel", "cancelled"],
  ["pending", "reopen", "waiting"],
  ["running", "complete", "completed"],
  ["running", "fail", "failed"],
  ["running", "requeue", "pending"],
  ["running", "cancel", "cancelled"],
  ["running", "ask", "waiting"],
  ["running", "park", "waiting"],
  ["waiting", "park", "waiting"],
  ["waiting", "proceed", "running"],
  ["waiting", "unpark", "pending"],
  ["waiting", "complete", "completed"],
  ["waiting", "fail", "failed"],
  ["waiting", "requeue", "pending"],
  ["waiting", "cancel", "cancelled"],
  ["completed", "retry", "pending"],
  ["failed", "retry", "pending"],
  ["cancelled", "retry", "pending"],
  ["completed", "follow_up", "pending"],
  ["failed", "follow_up", "pending"],
  ["cancelled", "follow_up", "pending"],
  ["pending", "skip", "skipped"],
  ["skipped", "retry", "pending"],
  ["skipped", "revive", "pending"],
  ["failed", "revive", "pending"],
  ["pending", "give_up", "failed"],
];

test("exactly the changes of status in the table may happen", () => {
  const found = taskStatuses.flatMap((from) =>
    operations.flatMap((operation) => {
      const to = next(from, operation);
      return to === null ? [] : [`${from} --${operation}-> ${to}`];
    }),
  );
  assert.deepEqual(found.toSorted(), allowed.map(([from, by, to]) => `${from} --${by}-> ${to}`).toSorted());
});

test("sourcesOf names the statuses in which an operation may happen", () => {
  for (const operation of operations) {
    const sources = allowed.filter(([, by]) => by === operation).map(([from]) => from);
    assert.deepEqual(sourcesOf(operation).toSorted(), sources.toSorted(), operation);
  }
});

test("no sequence of operations reaches an illegal status", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...operations), { maxLength: 60 }), (sequence) => {
      let status: TaskStatus = "pending";
      for (const operation of sequence) {
        const after = next(status, operation);
        if (after === null) continue;
        assert.ok(taskStatuses.includes(after), `${status} --${operation}-> ${after}`);
        assert.ok(after !== status || operation === "park", "only a parked task stays what it was");
        if (isTerminal(status)) assert.ok(["retry", "follow_up", "revive"].includes(operation), `${status} left by ${operation}`);
        if (operation === "retry") assert.equal(after, "pending");
        status = after;
      }
    }),
    { numRuns: 2000 },
  );
});

test("every status can be reached, and left for completed or another end", () => {
  const reached = new Set<TaskStatus>(["pending"]);
  for (const from of reached) {
    for (const operation of operations) {
      const to = next(from, operation);
      if (to !== null) reached.add(to);
    }
  }
  assert.deepEqual([...reached].toSorted(), [...taskStatuses].toSorted());
  for (const status of taskStatuses) {
    assert.ok(isTerminal(status) || next(status, "cancel") === "cancelled", `${status} can be cancelled`);
  }
});
