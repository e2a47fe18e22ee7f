import assert from "node:assert/strict";
import { test } from "node:test";
import { RunningCost } from "../../src/agent/running-cost.ts";
import type { Metered, SpendingNote } from "../../src/agent/running-cost.ts";
import { eventually } from "../../testing/eventually.ts";

const usage = (
  total_cost_usd: number,
): Awaited<ReturnType<NonNullable<Metered["usage_EXPERIMENTAL_MAY_CHANGE_DO_NOT_RELY_ON_THIS_API_YET"]>>> => ({
  session: { total_cost_usd, model_usage: { opus: {} } },
});

function running(read: Metered["usage_EXPERIMENTAL_MAY_CHANGE_DO_NOT_RELY_ON_THIS_API_YET"]) {
  const notes: SpendingNote[] = [];
  const query: Metered = read === undefined ? {} : { usage_EXPERIMENTAL_MAY_CHANGE_DO_NOT_RELY_ON_THIS_API_YET: read };
  return { notes, cost: new RunningCost(query, (note) => notes.push(note)) };
}

test("requests for the running cost during a reading cause one more reading", async () => {
  const answers: ((value: ReturnType<typeof usage>) => void)[] = [];
  const { notes, cost } = running(() => new Promise((resolve) => answers.push(resolve)));
  for (let call = 0; call < 5; call += 1) cost.touch();
  assert.equal(answers.length, 1);
  answers[0]?.(usage(1));
  await eventually(() => answers.length === 2);
  answers[1]?.(usage(2));
  await eventually(() => notes.length === 2);
  assert.deepEqual(
    notes.map(({ costUsd, base }) => [costUsd, base]),
    [
      [1, false],
      [2, false],
    ],
  );
});

test("a running cost that did not change is read once more", async () => {
  let reads = 0;
  const { notes, cost } = running(() => Promise.resolve(usage((reads += 1) < 3 ? 1 : 2)));
  cost.touch();
  await eventually(() => notes.length === 1);
  cost.touch();
  await eventually(() => notes.length === 2);
  assert.deepEqual([notes[1]?.costUsd, reads], [2, 3]);
  cost.stop();
});

test("the running cost is not reported where its call is missing or fails", async () => {
  for (const read of [undefined, () => Promise.reject(new Error("unknown request"))]) {
    const { notes, cost } = running(read);
    cost.touch();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(notes, []);
  }
  let answer: (value: ReturnType<typeof usage>) => void = () => {};
  const { notes, cost } = running(() => new Promise((resolve) => (answer = resolve)));
  cost.touch();
  cost.stop();
  answer(usage(1));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(notes, []);
});
