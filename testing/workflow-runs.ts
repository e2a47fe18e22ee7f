/** Workflows over the real operations and store: their tasks end as a test says. */
import type { TestContext } from "node:test";
import type { Caller } from "../src/contract/caller.ts";
import { workflowCheck, workflowRun } from "../src/contract/operations/workflows.ts";
import type { JsonObject } from "../src/domain/text/read-json.ts";
import { GitProgram } from "../src/git/git-program.ts";
import { prepareStart } from "../src/operations/prompts/prepare-start.ts";
import { SubmitRate } from "../src/operations/tasks/submit-rate.ts";
import { ClaudeCodeTrust } from "../src/operations/tasks/working-directory.ts";
import { prepareStep } from "../src/operations/workflows/prepare-step.ts";
import { WorkspaceGate } from "../src/operations/workspaces/workspace-gate.ts";
import { realApi } from "./real-api.ts";

export const person: Caller = { scope: "admin", name: "socket" };

/** Workflows whose tasks end as a test says, started as the scheduler would. */
export function workflows(t: TestContext) {
  const real = realApi(t);
  const { api, store, settings, paths, corner, clock } = real;
  const env = { HOME: corner.home };
  const now = (): number => clock.nowMs;
  const context = {
    store,
    settings,
    paths,
    env,
    now,
    claudeCodeTrust: new ClaudeCodeTrust(env),
    git: new GitProgram(env),
    gate: new WorkspaceGate(),
    rate: new SubmitRate(1000),
    agentRate: new SubmitRate(1000, "agent_submits_per_minute"),
  };
  const run = async (file: string, inputs: object = {}) =>
    await api.runWorkflow(workflowRun.parse({ file, inputs, working_directory: corner.work }), person);
  /** Brings the run on until nothing can start; tasks of Claude end as `ends` says. */
  const drive = async (
    id: number,
    ends: (key: string) => { status?: "completed" | "failed"; result?: string; structured?: JsonObject } = () => ({}),
  ) => {
    const started: string[] = [];
    for (let ids = store.tasks.startable(now(), 100); ids.length > 0; ids = store.tasks.startable(now(), 100)) {
      const ready = await prepareStart({ store, now, prepareStep: (step) => prepareStep(context, step) }, ids);
      for (const task of ready) {
        if (store.tasks.row(task)?.status !== "pending") continue;
        const key = store.workflows.placeOf(task)?.key ?? "";
        started.push(key);
        const { status = "completed", result = `done ${key}`, structured = null } = ends(key);
        await real.finish(task, status);
        if (status === "completed") await store.write(() => store.tasks.patch(task, now(), { result, structuredResult: structured }));
      }
    }
    const view = await api.getWorkflow({ workflow: id });
    return { started, view, states: Object.fromEntries(view.tasks.map(({ key, status }) => [key, status])) };
  };
  const check = async (file: string) => await api.validateWorkflow(workflowCheck.parse({ file, path: "w.yaml" }), person);
  return { ...real, run, drive, check };
}
