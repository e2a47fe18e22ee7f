import assert from "node:assert/strict";
import { test } from "node:test";
import { fault, step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";
import { fastWorker, killServer, marked, noneLeft, runnerOf, storyOf } from "./setup.ts";

test("an overloaded API is tried again after a while, visibly", async (t) => {
  const w = await worker(t, { "be patient": [fault.overloaded(3), step.text("at last")] });
  await w.start();
  const { id } = await w.submit("be patient");
  const waiting = await w.until(id, ({ status, attempts }) => status === "pending" && attempts === 1);
  assert.match(String(waiting.waiting_for?.message), /next try in .*The last try: .*overloaded/i);
  const task = await w.ended(id);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.equal(task.attempts, 2);
});

test("a task that runs longer than its time limit is stopped, and says so", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const { id } = await w.submit("steps 100000 delay 50", { timeout_ms: 1500 });
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.error?.code], ["failed", "timed_out"]);
  assert.match(String(task.error?.message), /longer than its time limit/);
});

test("the time limit goes on counting over a restart of the server", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const { id } = await w.submit("hang", { timeout_ms: 3000 });
  await runnerOf(w, id);
  await killServer(w);
  await w.start();
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.error?.code, task.attempts], ["failed", "timed_out", 1]);
});

test("the time limit holds while no server runs, and the next one stores the outcome", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const { id } = await w.submit("steps 1 hang", { timeout_ms: 2000 });
  await runnerOf(w, id);
  await w.cli(["server", "stop"]);
  await until("the end of the attempt", async () => (await marked(w)).length === 0);
  await w.start();
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.error?.code, task.attempts], ["failed", "timed_out", 1]);
  assert.match(String(task.error?.message), /longer than its time limit/);
  const story = await storyOf(w, id);
  assert.equal(story.filter(({ type, data }) => type === "notice" && data.kind === "stop_requested").length, 1);
});

test("a task that is silent for longer than its stall limit is stopped", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const silent = await w.submit("steps 1 hang", { stall_timeout_ms: 3000 });
  const busy = await w.submit("steps 25 delay 200", { stall_timeout_ms: 3000 });
  const [stalled, done] = [await w.ended(silent.id), await w.ended(busy.id)];
  assert.deepEqual([stalled.status, stalled.error?.code], ["failed", "timed_out"]);
  assert.match(String(stalled.error?.message), /silent/);
  assert.equal(done.status, "completed", JSON.stringify(done.error));
  await w.until(silent.id, () => true);
  await noneLeft(w);
});

test("a task that was given retries tries again after a time limit", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const { id } = await w.submit("hang", { timeout_ms: 1000, retries: 1 });
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.error?.code, task.attempts], ["failed", "timed_out", 2]);
});
