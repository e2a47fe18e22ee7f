/** A message that replaces the turn, sent just after an answer: the answered call comes first. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { killAndWait, runnerOf } from "../reliability/setup.ts";
import { askingWorker } from "./setup.ts";

for (const way of ["kept", "parked"] as const) {
  test(`an answered call has its effect before a message sent right after (${way})`, async (t) => {
    const w = await askingWorker(t);
    const made = path.join(w.place.work, "made");
    w.model.play({
      "make the file": [step.bash(`echo x >> ${made} && sleep 0.3`), step.text("Made.", 3_000)],
      "Stop after it": [step.text("Stopped.")],
    });
    await w.start();
    const { id } = await w.submit("make the file", { permission_mode: "default" });
    const [question] = await w.asked(id);
    if (way === "parked") {
      await killAndWait(await runnerOf(w, id));
      await until("its end", async () => (await w.client.listAttempts({ id })).attempts[0]?.ended_at);
    }
    await w.client.answerQuestion({ id: question?.id ?? 0, decision: "allow" });
    await w.until(id, ({ status }) => status === "running");
    await w.client.sendMessage({ id, text: "Stop after it", delivery: "now" });
    const task = await w.ended(id);
    assert.deepEqual([task.status, task.result], ["completed", "Stopped."], JSON.stringify([task.error, task.questions, task.messages]));
    assert.deepEqual(
      task.questions.map(({ status }) => status),
      ["applied"],
    );
    assert.equal(readFileSync(made, "utf8"), "x\n");
    // The result of the call is its own, and no interruption.
    const results = w.model
      .requests()
      .at(-1)
      ?.body.messages.flatMap(({ content }) => (Array.isArray(content) ? (content as { type: string }[]) : []))
      .filter(({ type }) => type === "tool_result");
    assert.equal(results?.length, 1);
    assert.doesNotMatch(JSON.stringify(results), /interrupted|doesn't want|rejected/i);
  });
}
