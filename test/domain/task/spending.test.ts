import assert from "node:assert/strict";
import { test } from "node:test";
import { budgetLeftUsd, spentInAll } from "../../../src/domain/task/spending.ts";
import type { Spending } from "../../../src/domain/task/spending.ts";

const spent = (costUsd: number, outputTokens: number): Spending => ({
  costUsd,
  usage: { opus: { inputTokens: 0, outputTokens, cacheReadInputTokens: 0, cacheCreationInputTokens: 0, costUsd } },
});
const nothing: Spending = { costUsd: null, usage: null };

test("a first session's total is the task's total", () => {
  assert.deepEqual(spentInAll(nothing, null, spent(2, 20)), spent(2, 20));
});

test("a resumed session's running total replaces what the session had before", () => {
  const resumed = spentInAll(spent(2, 20), spent(2, 20), spent(5, 50));
  assert.deepEqual(resumed, spent(5, 50));
  assert.deepEqual(spentInAll(resumed, null, spent(1, 10)), spent(6, 60));
  assert.deepEqual(spentInAll(spent(6, 60), spent(1, 10), spent(4, 40)), spent(9, 90));
});

test("a result without money leaves what is known", () => {
  assert.deepEqual(spentInAll(spent(2, 20), null, nothing), spent(2, 20));
  const task = { ...spent(2, 20), prompt: "is no part of the spending" };
  assert.deepEqual(spentInAll(task, null, nothing), spent(2, 20));
});

test("what a budget has left shrinks with what was spent and never becomes no limit", () => {
  assert.equal(budgetLeftUsd(null, 3), null);
  assert.equal(budgetLeftUsd(2, null), 2);
  assert.equal(budgetLeftUsd(2, 0.5), 1.5);
  assert.ok(Number(budgetLeftUsd(2, 3)) > 0);
});
