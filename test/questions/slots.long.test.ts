import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { askingWorker, oneQuestion } from "./setup.ts";

test("a kept task gets its answer with a slot, and no more are kept than slots", async (t) => {
  const asks = [step.tool("AskUserQuestion", oneQuestion("Which colour?")), step.text("Painted.")];
  const w = await askingWorker(
    t,
    { "choose one": asks, "choose two": asks, "work long": [step.bash("until [ -e go ]; do sleep 0.05; done"), step.text("Worked.")] },
    { CLAUDE_WORKER_WORKERS: "1" },
  );
  await w.start();
  const first = await w.submit("choose one");
  await w.asked(first.id);
  const second = await w.submit("choose two");
  const [question] = await w.asked(second.id);
  await until("the first to leave", async () => (await w.client.listAttempts({ id: first.id })).attempts[0]?.outcome?.kind === "parked");
  const long = await w.submit("work long", { allow: ["Bash"] });
  await w.until(long.id, ({ status }) => status === "running");
  await w.client.answerQuestion({ id: question?.id ?? 0, option: "Red" });
  // The scheduler has looked at the answer when a later submit is stored.
  await w.submit("choose one");
  assert.deepEqual([(await w.client.getTask({ id: second.id })).status, (await w.client.server()).workers.running], ["waiting", 1]);
  writeFileSync(path.join(w.place.work, "go"), "");
  const task = await w.ended(second.id);
  assert.deepEqual([task.status, task.attempts], ["completed", 1]);
});
