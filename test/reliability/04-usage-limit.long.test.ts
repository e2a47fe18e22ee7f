import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fault, step } from "../../testing/model.ts";
import type { TaskView } from "../../src/client/index.ts";
import { worker } from "../../testing/worker.ts";
import { fastWorker, killServer, runnerOf, storyOf } from "./setup.ts";

test("a usage limit holds every start until its reset, also over a restart", async (t) => {
  const w = await worker(t, {}, { subscription: true });
  // Whole seconds, as it is told: otherwise the hold would end up to a second before it.
  const resetsAt = Math.ceil(Date.now() / 1000) * 1000 + 12_000;
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
  const again = await w.client.getTask({ id: second.id });
  if (Date.now() < resetsAt) assert.equal(again.waiting_for?.reason, "hold");
  // A machine so loaded that the limit had reset before it was met waits a minute: a limit whose
  // reset is over tells nothing better.
  const isEnded = ({ ended_at }: TaskView): boolean => ended_at !== null;
  const [one, two] = [await w.until(first.id, isEnded), await w.until(second.id, isEnded)];
  assert.deepEqual([one.status, two.status], ["completed", "completed"], JSON.stringify([one.error, two.error]));
  assert.ok(Date.parse(String(two.started_at)) >= resetsAt - 1000, "nothing started before the reset");
  assert.deepEqual((await w.client.server()).holds, []);
});

test("a usage limit that is near is reported once and holds nothing", async (t) => {
  const w = await worker(t, {}, { subscription: true, env: { CLAUDE_WORKER_RESERVE: "null" } });
  const resetsAt = Math.ceil(Date.now() / 1000) * 1000 + 3_600_000;
  const moves = [step.bash("true"), step.text("done")].map((move) => step.nearLimit(move, 0.914, resetsAt));
  w.model.play({ "work on": moves });
  await w.start();
  const { id } = await w.submit("work on", { retries: 0 });
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.attempts, task.result], ["completed", 1, "done"], JSON.stringify(task.error));
  assert.deepEqual((await w.client.server()).holds, []);
  const reset = new Date(resetsAt).toISOString();
  const line = `[limit] five_hour 91 % used, resets ${reset}`;
  const warnings = (await storyOf(w, id)).filter(({ type }) => type === "rate_limit");
  assert.deepEqual(
    warnings.map(({ data, summary }) => ({ data, summary })),
    [
      {
        data: { status: "allowed_warning", limit: "five_hour", resets_at: reset, utilization: 0.914, using_overage: false },
        summary: [line],
      },
    ],
  );
  assert.ok(readFileSync(task.logs.summary, "utf8").includes(line), "the summary log says so, too");
});

test("a manual hold keeps new tasks waiting over kill -9, until resume", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const running = await w.submit("steps 20 delay 50");
  await runnerOf(w, running.id);
  assert.equal((await w.cli(["hold"])).code, 0);
  const waiting = await w.submit("steps 1");
  assert.equal(waiting.waiting_for?.reason, "paused");
  assert.equal((await w.ended(running.id)).status, "completed");
  await killServer(w);
  await w.start();
  assert.equal((await w.client.getTask({ id: waiting.id })).status, "pending");
  assert.equal((await w.client.server()).holds[0]?.kind, "manual");
  assert.equal((await w.cli(["resume"])).code, 0);
  assert.equal((await w.ended(waiting.id)).status, "completed");
});

test("a usage limit spends no retry, however often it strikes", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const { id } = await w.submit("steps 2 limit 3600", { retries: 0 });
  await w.until(id, ({ waiting_for }) => waiting_for?.reason === "hold");
  const [hold] = (await w.client.listHolds()).holds;
  assert.ok(Date.parse(String(hold?.until)) > Date.now() + 3_000_000, "held until the reset");
  assert.equal((await w.cli(["resume"])).code, 0);
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.attempts], ["completed", 2]);
});
