import assert from "node:assert/strict";
import { test } from "node:test";
import { fault, step } from "../support/model.ts";
import { worker } from "../support/worker.ts";

test("an auth failure holds everything with the mend, spends no retry, and resume lifts it", async (t) => {
  const w = await worker(t, { "sign in": [fault.unauthorized()], "other work": [step.text("other done")] });
  await w.start();
  const { id } = await w.submit("sign in please");
  const held = await w.until(id, ({ status, waiting_for }) => status === "pending" && waiting_for?.reason === "hold");
  assert.match(String(held.waiting_for?.message), /claude-worker resume/);
  const other = await w.submit("other work");
  assert.equal((await w.client.get(other.id)).waiting_for?.reason, "hold");
  await w.cli(["server", "restart"]);
  const [hold] = (await w.client.server()).holds;
  assert.deepEqual([hold?.kind, hold?.until, hold?.tasks_waiting], ["auth_failed", null, 2]);
  w.model.play({ "sign in": [step.text("signed in")], "other work": [step.text("other done")] });
  const { code } = await w.cli(["resume"]);
  assert.equal(code, 0);
  const task = await w.ended(id);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.equal(task.result, "signed in");
  assert.equal((await w.ended(other.id)).status, "completed");
});
