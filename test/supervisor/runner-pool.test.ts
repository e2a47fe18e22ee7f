import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { pino } from "pino";
import { sweep } from "../../src/processes/sweep.ts";
import { RunnerPool } from "../../src/supervisor/runner-pool.ts";
import { scratch } from "../../testing/scratch.ts";
import { until } from "../../testing/wait.ts";

const fake = { module: path.resolve(import.meta.dirname, "../../testing/fake-agent.ts") };

/** A pool of real runners with a fast agent. */
function setup(t: TestContext, { longestParkedMs }: { longestParkedMs?: number } = {}) {
  const { directory, home } = scratch(t);
  const born: string[] = [];
  const pool = new RunnerPool({
    warm: 1,
    idPrefix: "pool-",
    logFile: path.join(directory, "log"),
    log: pino({ level: "silent" }),
    ...(longestParkedMs === undefined ? {} : { longestParkedMs }),
    boot: (runnerId, prewarm) => {
      born.push(runnerId);
      const socket = path.join(directory, `${runnerId.slice(-8)}.sock`);
      const agentEnv = { PATH: process.env["PATH"] ?? "", HOME: home };
      return { runnerId, socket, prewarm, orphanTimeoutMs: 60_000, agentEnv, claudeExecutable: null, agent: fake };
    },
  });
  t.after(async () => {
    await pool.stop();
    for (const runnerId of born) await sweep(runnerId);
  });
  return { pool, born };
}

test("a runner that was parked for too long makes room for a new one", async (t) => {
  const { pool, born } = setup(t, { longestParkedMs: 1_500 });
  pool.start();
  await until("a parked runner", () => pool.ready === 1);
  await until("another one in its place", () => born.length === 2 && pool.ready === 1);
  const taken = pool.reserve("default");
  assert.deepEqual({ id: taken.runnerId, warm: taken.warm }, { id: born[1], warm: true });
  const connection = await taken.connect(new AbortController().signal);
  assert.equal(connection?.hello.runnerId, born[1]);
});

test("a runner that was handed out is not renewed", async (t) => {
  const { pool, born } = setup(t, { longestParkedMs: 1_500 });
  pool.start();
  await until("a parked runner", () => pool.ready === 1);
  const connection = await pool.reserve("default").connect(new AbortController().signal);
  let isGone = false;
  connection?.onClose(() => (isGone = true));
  // Its replacement grows old, and is replaced in its turn.
  await until("two more", () => born.length === 3 && pool.ready === 1);
  assert.equal(isGone, false);
  connection?.close();
});

test("a runner counts as parked when it says so, not before", async (t) => {
  const { pool, born } = setup(t);
  pool.start();
  pool.start();
  assert.deepEqual([born.length, pool.ready], [1, 0]);
  await until("a parked runner", () => pool.ready === 1);
  await pool.stop();
  await pool.stop();
  assert.equal(pool.ready, 0);
  assert.equal(pool.reserve("default").warm, false, "what is started now starts cold");
  assert.equal(born.length, 1, "and nothing is parked in its place");
});
