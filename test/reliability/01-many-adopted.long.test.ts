import assert from "node:assert/strict";
import { test } from "node:test";
import { fastWorker, killServer, runnerOf, storyOf } from "./setup.ts";

test("sixteen running attempts are adopted with their stories over three kills", async (t) => {
  const w = await fastWorker(t, { CLAUDE_WORKER_WORKERS: "16" });
  await w.start();
  const tasks = await Promise.all(Array.from({ length: 16 }, () => w.submit("steps 10000 delay 100")));
  await Promise.all(tasks.map(({ id }) => runnerOf(w, id)));
  for (let kill = 0; kill < 3; kill += 1) {
    await killServer(w);
    const { workers } = await w.start();
    assert.equal(workers.running, 16);
  }
  for (const { id } of tasks) {
    const { last_event } = await w.client.getTask({ id });
    await w.until(id, (task) => task.last_event > last_event + 4);
    await w.client.cancelTask({ id });
    const task = await w.ended(id);
    assert.deepEqual([task.status, task.attempts], ["cancelled", 1]);
    const steps = (await storyOf(w, id)).flatMap(({ type, data }) => (type === "tool_result" ? data.tool_use_id : []));
    assert.deepEqual(
      steps,
      steps.map((_, index) => `toolu_${index + 1}`),
    );
  }
});
