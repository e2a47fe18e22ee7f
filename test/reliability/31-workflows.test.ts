import assert from "node:assert/strict";
import { test } from "node:test";
import { failpointNames } from "../../src/processes/failpoint.ts";
import type { FailpointName } from "../../src/processes/failpoint.ts";
import { beginWorkflow, bringToItsEnd, checkAndRetry } from "../../testing/workflow-kills.ts";
import { fastWorker, storyOf } from "./setup.ts";

test("a server that is killed at every kind of step of a workflow loses nothing", async (t) => {
  const w = await fastWorker(t);
  const places: FailpointName[] = failpointNames.filter((name) => name.startsWith("step."));
  await w.start();
  const id = await beginWorkflow(w);
  for (const place of places) w.trap(place);
  const view = await bringToItsEnd(w, id);
  for (const place of places) assert.ok((await w.felled(place)) > 0, place);
  for (const { id: task } of view.tasks) await storyOf(w, Number(task));
  await checkAndRetry(w, view, 0);
});
