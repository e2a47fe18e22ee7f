import assert from "node:assert/strict";
import { test } from "node:test";
import { fault, step } from "../support/model.ts";
import { worker } from "../support/worker.ts";

test("a usage limit holds every start until its reset, survives a restart, spends no retry, and lifts by itself", async (t) => {
  const w = await worker(t, {}, { subscription: true });
  const resetsAt = Date.now() + 12_000;
  w.model.play({ "work hard": [fault.usageLimit(resetsAt)], "other work": [step.text("other done")] });
  await w.start();
  const first = await w.submit("work hard");
  const held = await w.until(first.id, ({ status, waiting_for }) => status === "pending" && waiting_for?.reason === "hold");
  assert.match(String(held.waiting_for?.message), /five_hour/);
  const second = await w.submit("other work");
  const server = await w.client.server();
  assert.equal(server.holds[0]?.kind, "rate_limited");
  assert.equal(server.holds[0]?.tasks_waiting, 2);
  w.model.play({ "work hard": [step.text("first done")], "other work": [step.text("other done")] });
  await w.cli(["server", "stop"]);
  await w.start();
  assert.equal((await w.client.get(second.id)).waiting_for?.reason, "hold");
  const [one, two] = [await w.ended(first.id), await w.ended(second.id)];
  assert.deepEqual([one.status, two.status], ["completed", "completed"], JSON.stringify([one.error, two.error]));
  assert.ok(Date.parse(String(two.started_at)) >= resetsAt - 1000, "nothing started before the reset");
  assert.deepEqual((await w.client.server()).holds, []);
});

test("an auth failure holds everything with the mend, spends no retry, and resume lifts it", async (t) => {
  const w = await worker(t, { "sign in": [fault.unauthorized()] });
  await w.start();
  const { id } = await w.submit("sign in please");
  const held = await w.until(id, ({ status, waiting_for }) => status === "pending" && waiting_for?.reason === "hold");
  assert.match(String(held.waiting_for?.message), /claude-worker resume/);
  w.model.play({ "sign in": [step.text("signed in")] });
  const { code } = await w.cli(["resume"]);
  assert.equal(code, 0);
  const task = await w.ended(id);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.equal(task.result, "signed in");
});

test("an overloaded API is tried again after a while, visibly", async (t) => {
  const w = await worker(t, { "be patient": [fault.overloaded(3), step.text("at last")] });
  await w.start();
  const { id } = await w.submit("be patient");
  const waiting = await w.until(id, ({ status, attempts }) => status === "pending" && attempts === 1);
  assert.match(String(waiting.waiting_for?.message), /next try in/i);
  const task = await w.ended(id);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.equal(task.attempts, 2);
});
