/** Kills between the moment in which a message is queued and its delivery: it is said once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { listProcesses } from "../../src/processes/process-table.ts";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { killAndWait, killEverything, killServer, noneLeft, runnerOf } from "../reliability/setup.ts";
import { atGate, inQueue } from "./at-gate.ts";
import type { AtGate } from "./at-gate.ts";

/** Claude Code waits for the call of the model that has the message. */
const taken = (w: AtGate): boolean => w.model.requests().length > 1;

async function strike(w: AtGate, blow: string): Promise<void> {
  if (blow === "everything") await killEverything(w);
  if (blow === "the server") await killServer(w);
  if (blow === "everything" || blow === "the server") await w.start();
  if (blow === "the runner") await killAndWait(await runnerOf(w, w.id));
  if (blow !== "Claude Code") return;
  const runner = await runnerOf(w, w.id);
  const [claude, ...others] = (await listProcesses()).filter(({ parent, alive }) => alive && parent === runner);
  assert.deepEqual(others, []);
  await killAndWait(claude?.pid ?? 0);
}

for (const point of ["queued", "taken"] as const)
  for (const blow of ["the server", "the runner", "Claude Code", "everything"])
    test(`a message that is ${point} is said once over a kill of ${blow}`, async (t) => {
      const w = await atGate(t, { "mind the style": [step.text("Minded.", 1_500)] });
      await w.client.sendMessage({ id: w.id, text: "mind the style" });
      await inQueue(w);
      if (point === "taken") {
        w.open();
        await until("the call of the model with it", () => taken(w));
      }
      await strike(w, blow);
      w.open();
      const task = await w.done();
      assert.deepEqual([task.status, task.result], ["completed", "Minded."], JSON.stringify(task.error));
      assert.equal(w.said().split("mind the style").length - 1, 1, w.said());
      const states = (await w.client.listMessages({ id: w.id })).messages.map(({ status }) => status);
      assert.deepEqual(states, ["done"]);
      await noneLeft(w);
    });
