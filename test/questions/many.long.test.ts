/** Much that is asked at once: by many tasks with the fake agent of the tests, and by one task. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { until } from "../../testing/wait.ts";
import { step } from "../../testing/model.ts";
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

test("of the processes that are kept, that of the longest waiting task leaves first", async (t) => {
  const w = await askingWorker(t, {}, { CLAUDE_WORKER_AGENT_MODULE: fakeAgent, CLAUDE_WORKER_WORKERS: "2" });
  await w.start();
  const endOf = async (id: number) => (await w.client.listAttempts({ id })).attempts[0]?.ended_at ?? null;
  const asking = async (): Promise<number> => {
    const { id } = await w.submit("steps 1 append done asks");
    await w.asked(id);
    return id;
  };
  // The task that starts first asks once more after the second one has begun to wait.
  const { id: first } = await w.submit("steps 2 append done until go asks");
  const [before] = await w.asked(first);
  await w.client.answerQuestion({ id: before?.id ?? 0, decision: "allow" });
  await w.until(first, ({ status }) => status === "running");
  const second = await asking();
  writeFileSync(path.join(w.place.work, "go"), "");
  await w.asked(first);
  assert.deepEqual([await endOf(first), await endOf(second)], [null, null], "two are kept");

  const third = await asking();
  await until("the second task's process to leave", () => endOf(second));
  assert.deepEqual([await endOf(first), await endOf(third)], [null, null]);
  const fourth = await asking();
  await until("the first task's process to leave", () => endOf(first));
  assert.deepEqual([await endOf(third), await endOf(fourth)], [null, null]);
  for (const id of [first, second]) assert.equal((await w.client.listAttempts({ id })).attempts[0]?.outcome?.kind, "parked");
});

test("of a server's flood of forms 100 are asked, the rest is declined and noted", async (t) => {
  const w = await askingWorker(t, { "ask the forms": [step.tool("mcp__form__flood", {}), step.text("Asked.", 60_000)] });
  await w.start();
  const formServer = fileURLToPath(new URL("../../testing/form-mcp-server.ts", import.meta.url));
  const form = { mcpServers: { form: { command: process.execPath, args: [formServer] } } };
  const { id } = await w.submit("ask the forms", { mcp_config: form, allow: ["mcp__form__flood"] });
  const declined = await until("the declined forms", () =>
    w.model
      .requests()
      .map((request) => /The forms said (.*?\])/.exec(JSON.stringify(request))?.[1])
      .find((said) => said !== undefined),
  );
  assert.equal(declined.match(/decline/g)?.length, 51, declined);
  const task = await w.client.getTask({ id });
  assert.equal(task.questions.length, 100);
  assert.ok(task.questions.every(({ status }) => status === "open"));
  const { events } = await w.client.taskEvents({ id, limit: 1000 });
  const denied = events.filter(({ type }) => type === "permission_denied").map(({ data }) => data);
  assert.deepEqual(denied, [
    { tool: "mcp__form", input: { serverName: "form" }, reason: "A form of more than 100000 characters was declined." },
    { tool: "mcp__form", input: { serverName: "form" }, reason: "100 questions of this task wait for a person already." },
  ]);
  await w.client.cancelTask({ id });
  await w.ended(id);
});
