import assert from "node:assert/strict";
import { test } from "node:test";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { callTool, connector, goodTask } from "../../testing/mcp.ts";
import { step } from "../../testing/model.ts";
import { receiver } from "../../testing/receiver.ts";
import { until } from "../../testing/wait.ts";
import { noneLeft } from "../reliability/setup.ts";
import { askingWorker, oneQuestion } from "./setup.ts";

const asks = { "choose a colour": [step.tool("AskUserQuestion", oneQuestion("Which colour?")), step.text("Painted.")] };
const curls = { "fetch it": [step.bash("curl -s http://127.0.0.1:9/x"), step.text("Continued.")] };

test("the policy deny refuses at once and asks nobody", async (t) => {
  const w = await askingWorker(t, asks);
  await w.start();
  const { id } = await w.submit("choose a colour", { on_question: "deny" });
  const task = await w.ended(id);
  assert.equal(task.status, "completed");
  assert.deepEqual(task.questions, []);
  assert.deepEqual(
    task.attention.map(({ kind }) => kind),
    ["refused_question"],
  );
});

test("the policy default takes the first option, and refuses a permission", async (t) => {
  const w = await askingWorker(t, { ...asks, ...curls });
  await w.start();
  const chosen = await w.submit("choose a colour", { on_question: "default" });
  const refused = await w.submit("fetch it", { on_question: "default" });
  const [task] = (await w.ended(chosen.id)).questions;
  assert.partialDeepStrictEqual(task, { status: "expired", answered_by: "default", answer: { answers: { "Which colour?": "Red" } } });
  assert.match(JSON.stringify(w.model.requests()), /Which colour\?\\*"=\\*"Red/);
  const { status, questions } = await w.ended(refused.id);
  assert.equal(status, "completed");
  assert.partialDeepStrictEqual(questions, [{ status: "expired", answer: { decision: "deny" } }]);
});

for (const parkAfter of ["600000", "0"]) {
  test(`the policy fail ends the task (park_after ${parkAfter}), and retry --resume asks again`, async (t) => {
    const w = await askingWorker(t, asks, { CLAUDE_WORKER_PARK_AFTER_MS: parkAfter });
    await w.start();
    const hook = await receiver(t);
    const to = ["--webhook", hook.url, "--allow-private", "--on", "question,failed"];
    assert.equal((await w.cli(["notify", "add", "hook", ...to])).code, 0);
    const { id } = await w.submit("choose a colour", { on_question: "fail" });
    const waited = await w.cli(["wait", String(id), "--or-question"]);
    assert.notEqual(waited.code, 5, waited.stderr);
    assert.doesNotMatch(waited.stderr, /needs you/);
    const task = await w.ended(id);
    assert.equal(task.status, "failed");
    assert.partialDeepStrictEqual(task.error, { code: "unanswered", retryable: true });
    assert.match(task.error?.message ?? "", /^The task may not wait for the answer to q1 \(on_question: fail\): Which colour\?/);
    await noneLeft(w);
    // Nobody is called for what nobody can answer.
    await until("the message of the end", () => hook.received.length > 0);
    const { deliveries } = await w.client.listDeliveries({});
    assert.deepEqual(
      deliveries.map(({ event }) => event),
      ["failed"],
    );
    await w.client.retryTask({ id, resume: true, on_question: "ask" });
    const [question] = await w.asked(id);
    await w.client.answerQuestion({ id: question?.id ?? 0, option: "Blue" });
    assert.equal((await w.ended(id)).status, "completed");
  });
}

for (const parkAfter of ["600000", "0"]) {
  test(`a question without an answer in time is denied (park_after ${parkAfter})`, async (t) => {
    const w = await askingWorker(t, curls, { CLAUDE_WORKER_PARK_AFTER_MS: parkAfter });
    await w.start();
    const { id } = await w.submit("fetch it", { answer_within_ms: 3000, answer_else: "deny" });
    const task = await w.ended(id);
    assert.equal(task.status, "completed", JSON.stringify(task.error));
    assert.partialDeepStrictEqual(task.questions, [{ status: "expired", answered_by: "default", answer: { decision: "deny" } }]);
  });
}

test("an agent's task refuses under on_question=ask, unless the agent wants to ask", async (t) => {
  const w = await askingWorker(t, { "Write the greeting": asks["choose a colour"] });
  await w.start();
  const pipe = new StdioClientTransport({ command: process.execPath, args: ["src/cli/main.ts", "mcp"], env: w.env, stderr: "pipe" });
  const agent = await connector(t)({}, pipe);
  const create = async (more: Record<string, unknown> = {}): Promise<number> =>
    ((await callTool(agent, "create_task", goodTask(w.place.work, more)))["task"] as { id: number }).id;
  const quiet = await w.ended(await create());
  assert.deepEqual([quiet.status, quiet.on_question, quiet.questions], ["completed", "deny", []]);
  assert.deepEqual(
    quiet.attention.map(({ kind }) => kind),
    ["refused_question"],
  );
  const loud = await create({ on_question: "ask" });
  const [question] = await w.asked(loud);
  await w.client.answerQuestion({ id: question?.id ?? 0, option: "Blue" });
  assert.equal((await w.ended(loud)).status, "completed");
});
