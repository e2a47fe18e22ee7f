/** Lists, shows, cancels, retries and removes runs of workflows. */
import type { Caller } from "../../contract/caller.ts";
import type { WorkflowQuery } from "../../contract/operations/workflows.ts";
import type { WorkflowSummaryView, WorkflowView } from "../../contract/views/workflow.ts";
import { WorkerError } from "../../domain/errors.ts";
import { isTerminal } from "../../domain/task/task.ts";
import type { Workflow, WorkflowStep } from "../../domain/workflows/workflow.ts";
import { workflowGroup } from "../../domain/workflows/workflow.ts";
import type { Store } from "../../store/store.ts";
import { cancelWithin } from "../tasks/cancel-task.ts";
import { removeTask } from "../tasks/remove-task.ts";
import { retryTogether } from "../tasks/retry-task.ts";
import type { CleanContext } from "../workspaces/losses.ts";
import { releaseWorkspace } from "../workspaces/release-workspace.ts";
import { submittedBy } from "../schedules/schedule-view.ts";
import { requireOwn } from "../rights/guard-agent.ts";
import { requireTask } from "../tasks/require-task.ts";
import type { SubmitContext } from "../tasks/submit-task.ts";
import { rfc3339, rfc3339OrNull } from "../tasks/times.ts";

/** @throws WorkerError not_found. */
function requireWorkflow(store: Store, id: number): Workflow {
  const workflow = store.workflows.get(id);
  if (workflow !== null) return workflow;
  throw new WorkerError("not_found", `There is no workflow run ${id}. See which there are: claude-worker workflow list`);
}

export function listWorkflows(
  store: Store,
  { status, limit = 50, cursor }: WorkflowQuery,
): { workflows: WorkflowSummaryView[]; next_cursor: number | null } {
  const found = store.workflows.list({
    limit,
    ...(status === undefined ? {} : { status }),
    ...(cursor === undefined ? {} : { before: cursor }),
  });
  return { workflows: found.map((each) => summary(store, each)), next_cursor: found.length < limit ? null : (found.at(-1)?.id ?? null) };
}

/** @throws WorkerError not_found. */
export function workflowViewOf(store: Store, id: number): WorkflowView {
  const workflow = requireWorkflow(store, id);
  const tasks = store.workflows.steps(id).map(({ key, taskId, kind, status, needs }) => ({
    key,
    id: taskId,
    kind,
    status,
    needs: needs.map((each) => each.key),
    conditions: needs.map((each) => ({ ...each })),
  }));
  return { ...summary(store, workflow), tasks, schedule: submittedBy(store, store.schedules.ofWorkflow(id)) };
}

function summary(store: Store, { id, name, status, inputs, workingDirectory, createdAt, endedAt }: Workflow): WorkflowSummaryView {
  return {
    id,
    name,
    status,
    inputs: { ...inputs },
    working_directory: workingDirectory,
    counts: store.workflows.counts(id),
    created_at: rfc3339(createdAt),
    ended_at: rfc3339OrNull(endedAt),
  };
}

/** @throws WorkerError not_found, conflict, forbidden. */
export async function cancelWorkflow({ store, now }: SubmitContext, id: number, caller: Caller): Promise<void> {
  const { status } = requireWorkflow(store, id);
  if (status !== "running")
    throw new WorkerError("conflict", `The workflow run ${id} is ${status} already. Only one that runs can be cancelled.`);
  requireOwnSteps(store, id, caller);
  await store.write(() => cancelRunWithin(store, id, caller, now()));
}

/** Inside `write`. Cancels each task of a run that has not ended. @throws WorkerError forbidden. */
export function cancelRunWithin(store: Store, id: number, caller: Caller, now: number): void {
  store.workflows.setCancelRequested(id, now);
  // Those that others wait for come last: their dependents are then cancelled, and not skipped.
  for (const { taskId } of store.workflows.steps(id).toReversed()) {
    const row = store.tasks.row(taskId);
    if (row !== null && !isTerminal(row.status)) cancelWithin(store, taskId, caller, now);
  }
}

/** @throws WorkerError not_found, conflict; and like a retry of each task. */
export async function retryWorkflow(context: SubmitContext, id: number, caller: Caller): Promise<void> {
  const { store } = context;
  const { status, cancelRequestedAt } = requireWorkflow(store, id);
  if (status === "running" && cancelRequestedAt !== null)
    throw new WorkerError(
      "conflict",
      `The workflow run ${id} is still being cancelled. Retry it once that is done: claude-worker workflow show ${id}`,
    );
  const again = store.workflows.steps(id).filter((step) => isToRetry(store, step));
  if (again.length === 0)
    throw new WorkerError("conflict", `No task of the workflow run ${id} has failed, so there is nothing to run again.`);
  requireOwnSteps(store, id, caller);
  const ids = again.map(({ taskId }) => taskId);
  await store.write(() => {
    store.workflows.setCancelRequested(id, null);
    retryTogether(context, ids, caller);
  });
}

/** @throws WorkerError forbidden: an agent inside of a task changes only its own tasks. */
function requireOwnSteps(store: Store, id: number, caller: Caller): void {
  for (const { taskId } of store.workflows.steps(id)) requireOwn(store, requireTask(store, taskId), caller);
}

/** What depends on them, or stands for them, comes back by itself. */
function isToRetry(store: Store, { status, taskId }: WorkflowStep): boolean {
  if (status === "cancelled") return true;
  const code = store.tasks.row(taskId)?.error?.code;
  return status === "failed" ? code !== "dependency_failed" : status === "skipped" && code === "workflow_stopped";
}

/** @throws WorkerError not_found, conflict: it has not ended. */
export async function removeWorkflow(context: SubmitContext & CleanContext, id: number, caller: Caller): Promise<void> {
  const { store } = context;
  const { status } = requireWorkflow(store, id);
  if (status === "running")
    throw new WorkerError("conflict", `The workflow run ${id} has not ended. Cancel it first: claude-worker workflow cancel ${id}`);
  const ids = store.workflows.steps(id).map(({ taskId }) => taskId);
  requireOwnSteps(store, id, caller);
  // Whatever would be lost is found before any of them is removed.
  for (const taskId of ids) await releaseWorkspace(context, taskId, new Set(ids));
  for (const taskId of ids) await removeTask(context, taskId, caller);
  await store.write(() => store.groups.remove(workflowGroup(id)));
}
