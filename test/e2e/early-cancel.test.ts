import assert from "node:assert/strict";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { worker } from "../../testing/worker.ts";

test("a task that is cancelled before its runner answers ends at once", async (t) => {
  // With a grace of ten minutes only a runner that was told to stop ends in time.
  const w = await worker(
    t,
    { "count the grains": [step.text("Still counting.", 600_000)] },
    { env: { CLAUDE_WORKER_STOP_GRACE_MS: "600000" } },
  );
  await w.start();
  const { id } = await w.submit("count the grains");
  await w.until(id, ({ status }) => status === "running");
  await w.client.cancelTask({ id });
  const task = await w.ended(id);
  assert.equal(task.status, "cancelled");
});
