import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { beginWorkflow, bringToItsEnd, checkAndRetry, isThere } from "../../testing/workflow-kills.ts";
import { killIfSame } from "../../src/processes/identity.ts";
import { fastWorker, killEverything, killServer, marked, storyOf } from "./setup.ts";
import type { FastWorker } from "./setup.ts";

/** Numbers from 0 to 1, the same for a seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

async function killSome(w: FastWorker, random: () => number): Promise<number> {
  const kind = random();
  if (kind < 0.4) {
    await killServer(w);
    return 0;
  }
  const running = await marked(w);
  if (kind < 0.7) {
    for (const each of running.slice(0, 1)) await killIfSame(each, "SIGKILL");
    return Math.min(1, running.length);
  }
  await killEverything(w);
  return running.length;
}

for (const seed of [1, 2, 3, 4]) {
  test(`a workflow outlives kills of server and runners at random times (seed ${seed})`, async (t) => {
    const w = await fastWorker(t, { CLAUDE_WORKER_WORKERS: "3" });
    await w.start();
    const random = randomFrom(seed);
    const id = await beginWorkflow(w);
    let cut = 0;
    for (let kills = 0; kills < 12; kills += 1) {
      // Kills come at random moments: the time between them is what is tested.
      await delay(random() * 400);
      if (!(await isThere(w))) await w.start();
      cut += await killSome(w, random);
      if (!(await isThere(w))) await w.start();
      const [open] = (await w.client.listQuestions({ status: ["open"] })).questions;
      if (open !== undefined && random() < 0.5) await w.client.answerQuestion({ id: open.id, decision: "allow" });
    }
    const view = await bringToItsEnd(w, id);
    for (const { id: task } of view.tasks) await storyOf(w, Number(task));
    await checkAndRetry(w, view, cut);
    assert.equal((await w.client.listWorkflows()).workflows.length, 1);
  });
}
