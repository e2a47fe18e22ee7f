import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";

test("the real Claude Code works on a task whose result, cost and logs can be seen", async (t) => {
  const w = await worker(t);
  const file = path.join(w.place.work, "hello.txt");
  w.model.play({ "write the greeting": [step.write(file, "hello\n"), step.bash("cat hello.txt"), step.text("The greeting is written.")] });
  await w.start();
  const submitted = await w.cli(["run", "Please write the greeting"]);
  assert.equal(submitted.code, 0, submitted.stderr);
  assert.match(submitted.stdout, /^1\n$/);
  const task = await w.ended(1);
  assert.equal(task.status, "completed");
  assert.equal(task.result, "The greeting is written.");
  assert.equal(readFileSync(file, "utf8"), "hello\n");
  assert.equal(task.attempts, 1);
  assert.equal(task.num_turns, 3);
  assert.ok(task.cost_usd !== null && task.cost_usd > 0);
  assert.match(String(task.session_id), /^[0-9a-f-]{36}$/);
  assert.match(readFileSync(task.logs.summary, "utf8"), /\[tool:write\] hello\.txt/);
  const raw = readFileSync(task.logs.raw, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    raw.map((record) => record["_n"]),
    raw.map((_, index) => index + 1),
  );
  const { events } = await w.client.taskEvents({ id: 1, after: 0, limit: 500 });
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, index) => index + 1),
  );
  assert.ok(events.some(({ type }) => type === "tool_use"));
  assert.equal(events.at(-1)?.type, "ended");
  assert.ok(!existsSync(path.join(w.place.dataHome, "run", "core")));
});

test("a warm runner takes a task and a cold start gives the same", async (t) => {
  const w = await worker(t, { "say warm": [step.text("warm")] }, { env: { CLAUDE_WORKER_WARM: "1" } });
  await w.start();
  await until("a parked runner", async () => (await w.client.server()).workers.parked > 0);
  const { id } = await w.submit("say warm");
  const task = await w.ended(id);
  assert.equal(task.status, "completed");
  assert.equal(task.result, "warm");
  const [attempt] = (await w.client.listAttempts({ id })).attempts;
  assert.equal(attempt?.warm, true);
  assert.equal(attempt?.session_id, task.session_id);
});

test("a running task is cancelled with its whole process tree", async (t) => {
  const w = await worker(t);
  w.model.play({ "sleep long": [step.bash("setsid sleep 987 & sleep 988"), step.text("never")] });
  await w.start();
  const { id } = await w.submit("sleep long", { permission_mode: "acceptEdits", allow: ["Bash"] });
  await w.until(id, ({ last_action }) => last_action?.includes("tool:bash") === true);
  const { code } = await w.cli(["cancel", String(id)]);
  assert.equal(code, 0);
  const task = await w.ended(id);
  assert.equal(task.status, "cancelled");
  assert.equal(task.error?.code, "cancelled");
});
