/** `group set --hard` and `--soft`: whether the budgets of a group interrupt what runs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { withServer } from "./setup.ts";

test("group set --hard and --soft count for all budgets of the group", async (t) => {
  const { call, api } = await withServer(t);
  const set = async (...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await call(["group", "set", "repo-a", ...words]);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const hard = async (): Promise<[number, boolean][]> =>
    (await api.listBudgets()).budgets.map(({ limit_usd: limit, hard: isHard }): [number, boolean] => [limit, isHard]);
  assert.match(await set("--budget-usd-per-day", "5", "--budget-usd-per-month", "50", "--hard"), /\$0\.00 of \$5\.00 this day \(hard\)/);
  await set("--budget-usd-per-day", "6");
  assert.deepEqual(await hard(), [
    [6, true],
    [50, true],
  ]);
  await set("--soft");
  assert.deepEqual(await hard(), [
    [6, false],
    [50, false],
  ]);
});

test("group set --hard without a budget sets nothing, and says what is missing", async (t) => {
  const { call, api } = await withServer(t);
  const none = await call(["group", "set", "repo-a", "--limit", "2", "--hard"]);
  assert.equal(none.code, 2);
  assert.match(none.stderr, /--hard needs a budget, and the group has none\. Give one: --budget-usd-per-day AMOUNT/);
  assert.deepEqual((await api.listGroups()).groups, []);
  const both = await call(["group", "set", "repo-a", "--budget-usd-per-day", "5", "--hard", "--soft"]);
  assert.equal(both.code, 2);
  assert.match(both.stderr, /Give either --hard or --soft/);
});
