import assert from "node:assert/strict";
import { test } from "node:test";
import { killWhileSubmitting } from "./crash-rounds.ts";
import { scratchDirectory } from "./setup.ts";

test("every acknowledged task survives 100 kills of a submitting process", async (t) => {
  const seed = Number(process.env["CRASH_SEED"] ?? Date.now() % 1_000_000);
  // Two databases at a time: most of a round is the start of a process.
  const halves = [seed, seed + 1].map((each) => killWhileSubmitting(scratchDirectory(t), 50, each));
  const reports = await Promise.all(halves);
  for (const { lost, problems, acknowledged } of reports) {
    assert.deepEqual(lost, [], `seed ${seed}`);
    assert.deepEqual(problems, [], `seed ${seed}`);
    assert.ok(acknowledged >= 50);
  }
  t.diagnostic(`${reports[0]?.acknowledged} + ${reports[1]?.acknowledged} acknowledged, seed ${seed}`);
});
