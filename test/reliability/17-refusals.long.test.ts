import assert from "node:assert/strict";
import { test } from "node:test";
import { fault, step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";
import { killServer } from "./setup.ts";

/** A part of the prompt of Claude Worker's own probes. */
const probe = "Answer with the word OK";

test("a model's own limit holds only the tasks of that model, also after kill -9", async (t) => {
  const w = await worker(t, {}, { subscription: true });
  const resetsAt = Math.ceil(Date.now() / 1000) * 1000 + 3_600_000;
  w.model.play({ "with opus": [fault.usageLimit(resetsAt, "seven_day_opus")], "with sonnet": [step.text("sonnet done")] });
  await w.start();
  const { id } = await w.submit("with opus", { model: "claude-opus-5-5" });
  const held = await w.until(id, ({ waiting_for }) => waiting_for?.reason === "hold");
  assert.match(held.waiting_for?.message ?? "", /seven_day_opus.*--model/);
  await killServer(w);
  await w.start();
  const second = await w.submit("with opus again", { model: "opus" });
  assert.equal(second.waiting_for?.reason, "hold");
  const sonnet = await w.submit("with sonnet", { model: "claude-sonnet-5" });
  assert.equal((await w.ended(sonnet.id)).result, "sonnet done");
  const [hold] = (await w.client.listHolds()).holds;
  assert.deepEqual([hold?.kind, hold?.tasks_waiting], ["rate_limited", 2]);
  assert.ok(Date.parse(String(hold?.until)) >= resetsAt);
  assert.equal((await w.client.getTask({ id: second.id })).attempts, 0);
});

test("a 429 without a reset that a probe confirms holds a lone task until resume", async (t) => {
  const refused = [fault.rateLimited()];
  const w = await worker(t, { "lone work": refused, [probe]: refused }, { env: { CLAUDE_CODE_MAX_RETRIES: "0" } });
  await w.start();
  const { id } = await w.submit("lone work");
  const held = await w.until(id, ({ status, waiting_for }) => status === "pending" && waiting_for?.reason === "hold");
  assert.match(held.waiting_for?.message ?? "", /would exceed your rate limit.*tried again at growing intervals/);
  w.model.play({ "lone work": [step.text("done")] });
  assert.equal((await w.cli(["resume"])).code, 0);
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.result, task.attempts], ["completed", "done", held.attempts + 1]);
});

test("a network outage holds the queue, fails no task, and ends by itself", async (t) => {
  const broken = [fault.disconnect()];
  const w = await worker(
    t,
    { "one of four": broken, [probe]: broken },
    { env: { CLAUDE_CODE_MAX_RETRIES: "0", CLAUDE_WORKER_WORKERS: "2", CLAUDE_WORKER_REFUSAL_LIMIT: "1" } },
  );
  await w.start();
  const ids = await Promise.all([1, 2, 3, 4].map(async (number) => (await w.submit(`one of four, ${number}`)).id));
  for (const id of ids) {
    await w.until(id, ({ status, waiting_for }) => status === "pending" && waiting_for?.reason === "hold");
  }
  const [hold] = (await w.client.listHolds()).holds;
  assert.deepEqual([hold?.kind, hold?.until, hold?.tasks_waiting], ["unreachable", null, 4]);
  const probes = () => w.model.requests().filter(({ key }) => key === probe).length;
  await until("a probe of the outage", () => probes() > 0);
  w.model.play({ "one of four": [step.text("done")], [probe]: [step.text("OK")] });
  for (const id of ids) {
    const task = await w.ended(id);
    assert.deepEqual([task.status, task.result], ["completed", "done"], JSON.stringify(task.error));
  }
  assert.deepEqual((await w.client.listHolds()).holds, []);
});
