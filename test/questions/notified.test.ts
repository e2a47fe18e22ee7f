/** Who is notified of a question of the real Claude Code, and how often. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { receiver } from "../../testing/receiver.ts";
import type { Received } from "../../testing/receiver.ts";
import { until } from "../../testing/wait.ts";
import { killServer } from "../reliability/setup.ts";
import { askingWorker, oneQuestion } from "./setup.ts";

const titleOf = (request: Received): string => (request.json()["data"] as { title: string }).title;

test("a question is sent once, once more without an answer, and never after it", async (t) => {
  const w = await askingWorker(t, {
    "choose a colour": [step.tool("AskUserQuestion", oneQuestion("Which colour?")), step.text("Painted.")],
  });
  await w.start();
  const hook = await receiver(t);
  const to = ["--webhook", hook.url, "--allow-private"];
  for (const words of [
    ["phone", "--on", "question,completed", "--escalate-after", "2s"],
    ["late", "--on", "question", "--escalate-after", "1h"],
  ]) {
    const { code, stderr } = await w.cli(["notify", "add", ...words, ...to]);
    assert.equal(code, 0, stderr);
  }
  const { id } = await w.submit("choose a colour");
  const [question] = await w.asked(id);
  await until("both channels and the escalation", () => hook.received.length === 3);
  // A message that was sent and not marked yet would be sent again by the next server.
  await until("their marks", async () => (await w.client.listDeliveries({ state: "delivered" })).deliveries.length === 3);
  assert.deepEqual(hook.received.map(titleOf).toSorted(), ["Task 1 asks", "Task 1 asks", "Task 1 still waits for an answer"]);
  const { text, question: sent } = (hook.received[0] ?? assert.fail()).json()["data"] as { text: string; question: object };
  assert.equal(text, `choose a colour\nWhich colour?\nAnswer: claude-worker answer q${question?.id}`);
  assert.deepEqual(sent, { id: question?.id, kind: "question", tool: "AskUserQuestion" });
  await killServer(w);
  await w.start();
  await w.client.answerQuestion({ id: question?.id ?? 0, option: "Blue" });
  assert.equal((await w.ended(id)).status, "completed");
  await until("the end", () => hook.received.length === 4);
  // The escalation in an hour is gone, and the last one has its mark.
  await until("no pending notification", async () => (await w.client.listDeliveries({ state: "pending" })).deliveries.length === 0);
  assert.equal(hook.received.length, 4);
  assert.equal(new Set(hook.received.map(({ headers }) => headers["webhook-id"])).size, 4);
});
