import assert from "node:assert/strict";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { killServer } from "../reliability/setup.ts";
import { until } from "../../testing/wait.ts";
import { askingWorker, oneQuestion } from "./setup.ts";

test("a time limit does not count the wait, also with no server and after its start", async (t) => {
  const w = await askingWorker(t, {
    "choose a colour": [step.tool("AskUserQuestion", oneQuestion("Which colour?")), step.text("Painted.")],
  });
  await w.start();
  const { id } = await w.submit("choose a colour", { timeout_ms: 20_000 });
  const [question] = await w.asked(id);
  const over = Date.parse((await w.client.getTask({ id })).started_at ?? "") + 21_000;
  await killServer(w);
  await until("the time limit to pass", () => Date.now() > over);
  await w.start();
  assert.equal((await w.client.getTask({ id })).status, "waiting");
  await w.client.answerQuestion({ id: question?.id ?? 0, option: "Blue" });
  const task = await w.ended(id);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.equal(task.attempts, 1);
});
