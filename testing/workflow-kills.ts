/** Kills a workflow with every kind of step again and again, and says what must hold then. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { WorkflowView } from "../src/contract/views/workflow.ts";
import { countedIn } from "./steps.ts";
import { until } from "./wait.ts";
import type { TestWorker } from "./worker.ts";

/** For the fast agent: each task appends its steps to a file of its name. */
const fileIn = (directory: string): string => `
inputs: { list: { type: list, default: [a, b, c] } }
tasks:
  plan: { prompt: "steps 2 delay 20 append plan" }
  part: { prompt: "steps 2 delay 20 append part-{{ matrix.index }}", needs: plan, for_each: inputs.list }
  ask: { approval: "Continue?", needs: part }
  both: { prompt: "steps 2 delay 20 append both-{{ matrix.n }}", needs: ask, matrix: { n: [1, 2] } }
  sometimes: { prompt: "steps 2 append sometimes fail unless ${path.join(directory, "healed")}", needs: both }
  end: { prompt: "steps 2 delay 20 append end", needs: sometimes }
  never: { prompt: "steps 2 append never", needs: plan, if: 'inputs.list == "x"' }
`;

const keys = ["plan", "part", "part[1]", "part[2]", "part[3]", "ask", "both[n=1]", "both[n=2]", "both", "sometimes", "end", "never"];
const worked = ["plan", "part-1", "part-2", "part-3", "both-1", "both-2", "sometimes", "end"];

export async function beginWorkflow(w: TestWorker): Promise<number> {
  return (await w.client.runWorkflow({ file: fileIn(w.place.work), path: "kills.yaml", working_directory: w.place.work })).id;
}

/** Whether the server answers. */
export async function isThere(w: TestWorker): Promise<boolean> {
  return await w.client.server().then(
    () => true,
    () => false,
  );
}

/**
 * Brings the run to its end, whatever dies: starts the server where it is gone, and answers what it
 * asks.
 */
export async function bringToItsEnd(w: TestWorker, id: number): Promise<WorkflowView> {
  let view: WorkflowView | null = null;
  const look = async (): Promise<WorkflowView | undefined> => {
    if (!(await isThere(w))) await w.start().catch(() => null);
    try {
      const [open] = (await w.client.listQuestions({ status: ["open"] })).questions;
      if (open !== undefined) await w.client.answerQuestion({ id: open.id, decision: "allow" });
      view = await w.client.getWorkflow({ workflow: id });
      return view.status === "running" ? undefined : view;
    } catch {
      // It died under the question, or was answered just before it died.
      return undefined;
    }
  };
  return await until(() => `the end of the run, which is ${JSON.stringify(view)}`, look, 300_000);
}

/**
 * Each key is there once, each task has the status that it must have, and each step was done; at
 * most `twice` of them more than once. Then the failed one is run again: only it and what hangs on
 * it do so.
 */
export async function checkAndRetry(w: TestWorker, view: WorkflowView, twice: number): Promise<void> {
  assert.deepEqual(view.tasks.map(({ key }) => key).toSorted(), keys.toSorted());
  const states = (shown: WorkflowView): Record<string, string> => Object.fromEntries(shown.tasks.map(({ key, status }) => [key, status]));
  const expected = Object.fromEntries(keys.map((key) => [key, "completed"]));
  assert.deepEqual(states(view), { ...expected, sometimes: "failed", end: "skipped", never: "skipped" });
  assert.equal(view.status, "failed");
  const { tasks } = await w.client.listTasks({ limit: 100 });
  assert.equal(tasks.length, keys.length, "no task is there twice");
  const questions = (await w.client.listQuestions({ status: ["answered", "applied"] })).questions;
  assert.equal(questions.length, 1, "a person was asked once");
  const before = new Map(
    await Promise.all(view.tasks.map(async ({ key, id }) => [key, (await w.client.getTask({ id })).attempts] as const)),
  );
  writeFileSync(path.join(w.place.work, "healed"), "");
  await w.client.retryWorkflow({ workflow: view.id });
  const again = await bringToItsEnd(w, view.id);
  assert.deepEqual(states(again), { ...expected, never: "skipped" });
  assert.equal(again.status, "completed");
  for (const { key, id } of again.tasks) {
    const { attempts } = await w.client.getTask({ id });
    if (key !== "sometimes" && key !== "end") assert.equal(attempts, before.get(key), `${key} did not run again`);
  }
  let extra = 0;
  for (const name of worked) {
    const counted = countedIn(w.place.work, name);
    assert.deepEqual(new Set(counted), new Set([1, 2]), name);
    if (name !== "sometimes") extra += counted.length - 2;
  }
  assert.ok(extra <= twice, `${extra} steps were done twice, and ${twice} were cut off`);
  assert.deepEqual(countedIn(w.place.work, "never"), []);
}
