import assert from "node:assert/strict";
import { test } from "node:test";
import { groupLine } from "../../../src/cli/task/group-line.ts";

test("a group says in a sentence what its limit and its pause mean", () => {
  const group = { name: "g", paused_at: null, defaults: {}, budgets: [], is_set: true, running: 1, waiting: 0, pending: 2 };
  const line = (limit: number | null, paused = false): string => groupLine({ ...group, limit, paused });
  assert.equal(line(0), "Group g starts none of its tasks (limit 0); 1 running, 2 pending.");
  assert.equal(line(2), "Group g runs at most 2 at once; 1 running, 2 pending.");
  assert.equal(line(null), "Group g has no limit of its own; 1 running, 2 pending.");
  assert.equal(line(0, true), "Group g is paused (limit 0); 1 running, 2 pending.");
});
