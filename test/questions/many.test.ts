/** Many tasks that ask at once, with the fake agent of the tests. */
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { until } from "../../testing/wait.ts";
import { askingWorker } from "./setup.ts";

const fakeAgent = fileURLToPath(new URL("../../testing/fake-agent.ts", import.meta.url));

test("tasks that all ask at once never have more processes than slots", async (t) => {
  const workers = 2;
  const env = { CLAUDE_WORKER_AGENT_MODULE: fakeAgent, CLAUDE_WORKER_WORKERS: String(workers), CLAUDE_WORKER_PARK_AFTER_MS: "0" };
  const w = await askingWorker(t, {}, env);
  await w.start();
  const prompt = `steps 1 append ${path.join(w.place.work, "steps")} signed asks`;
  const tasks = await Promise.all(Array.from({ length: 12 }, () => w.submit(prompt)));
  const attempts = await until("all to wait without a process", async () => {
    const each = await Promise.all(tasks.map(async ({ id }) => (await w.client.listAttempts({ id })).attempts[0]));
    return each.every((attempt) => attempt?.ended_at != null) ? each : null;
  });
  const steps = attempts
    .flatMap((attempt) => [
      { at: Date.parse(attempt?.started_at ?? ""), by: 1 },
      { at: Date.parse(attempt?.ended_at ?? ""), by: -1 },
    ])
    .toSorted((a, b) => a.at - b.at || a.by - b.by);
  let [now, most] = [0, 0];
  for (const { by } of steps) most = Math.max(most, (now += by));
  assert.equal(most, workers);
});
