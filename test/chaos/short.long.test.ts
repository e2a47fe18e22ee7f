import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { planRound } from "./plan.ts";
import { runChaos } from "./run.ts";

// The long form is `npm run chaos`. A finding keeps the world on the disk and names it.
async function chaos(t: TestContext, options: { kills: number; real: boolean }): Promise<void> {
  const seed = 3;
  const tally = await runChaos({ ...options, seed, killsPerRound: options.kills, workers: 3, say: (line) => t.diagnostic(line) });
  assert.deepEqual(tally.findings, [], `seed ${seed}`);
  assert.ok(tally.kills >= options.kills);
}

test("random kills of the server and the runners lose nothing and repeat nothing", (t) => chaos(t, { kills: 6, real: false }));

test("random kills lose nothing of what the real Claude Code does", (t) => chaos(t, { kills: 2, real: true }));

test("a seed gives the same plan every time, and another seed another one", () => {
  const plan = (seed: number): unknown => planRound(seed, 4, { strikes: 20, real: false });
  assert.deepEqual(plan(5), plan(5));
  assert.notDeepEqual(plan(5), plan(6));
});
