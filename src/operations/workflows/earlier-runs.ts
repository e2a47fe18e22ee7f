/**
 * Lets a run wait for earlier ones of its schedule: a `join` comes before its first tasks, and ends
 * once those runs have ended.
 */
import { isTerminal } from "../../domain/task/task.ts";
import type { SubmittedRun } from "../../domain/schedules/schedule.ts";
import type { WorkflowStep } from "../../domain/workflows/workflow.ts";
import type { Store } from "../../store/store.ts";
import type { PlannedDependency } from "../tasks/submit-order.ts";
import type { PlannedTask } from "../workspaces/plan-worktrees.ts";
import type { PlannedStep } from "./expand-file.ts";

/** A task of a run before it has a number, and what it is in the run. */
export interface PlannedMember {
  readonly step: PlannedStep;
  readonly task: PlannedTask;
}

/** When a run begins, and what submits it. */
export interface RunStart {
  /** The earliest start of its first tasks (UTC ms); null: at once. */
  readonly notBefore: number | null;
  /** What has to end before its first tasks start. */
  readonly after: readonly SubmittedRun[];
  readonly schedule: number;
}

/** No task of a file can have this key. */
const key = "(earlier runs)";

export const earlierRunsStep: PlannedStep = {
  key,
  kind: "join",
  parent: null,
  needs: [],
  names: {},
  condition: null,
  onFailure: "continue",
  inputs: {},
  matrix: {},
  vars: {},
  template: null,
  isFromTemplate: false,
  isShared: false,
  base: null,
  list: null,
  question: "Ends once the earlier runs of the schedule have ended.",
  fields: {},
  fail: (detail) => {
    throw new Error(detail);
  },
};

/**
 * Inside `write`. The members of a run that a schedule submits.
 * @param gate absent from the result when nothing has to end before.
 */
export function membersFrom(
  store: Store,
  members: readonly PlannedMember[],
  gate: PlannedMember | null,
  { notBefore, after, schedule }: RunStart,
): PlannedMember[] {
  const later = notBefore === null ? {} : { notBefore, notBeforeReason: "schedule" as const };
  const waits = gate !== null && after.length > 0;
  const own = members.map(({ step, task }): PlannedMember => {
    if (step.needs.length > 0) return { step, task: { ...task, schedule } };
    return { step: waits ? { ...step, needs: [{ key, on: "completed" }] } : step, task: { ...task, ...later, schedule } };
  });
  if (!waits) return own;
  const runs = after.flatMap(({ kind, id }) => (kind === "workflow" ? [id] : []));
  return [{ step: { ...gate.step, earlierRuns: runs }, task: { ...gate.task, schedule, dependencies: endsOf(store, after) } }, ...own];
}

/** The ends of tasks, and of the tasks of runs that have not ended yet. */
export function endsOf(store: Store, after: readonly SubmittedRun[]): PlannedDependency[] {
  const tasks = after.flatMap(({ kind, id }) => (kind === "task" ? [id] : openTasks(store, id)));
  return tasks.map((ref, index) => ({ pointer: `/depends_on/${index}`, on: "ended", task: { ref } }));
}

/**
 * Inside `write`. Whether earlier runs got further tasks meanwhile, from a list or a retry: then
 * the step waits for those, too.
 */
export function waitsAgain(store: Store, { taskId, spec }: WorkflowStep): boolean {
  const runs = Array.isArray(spec?.["runs"]) ? (spec["runs"] as number[]) : [];
  if (runs.length === 0) return false;
  const known = new Set(store.dependencies.ofTask(taskId).map(({ task }) => task));
  const more = runs.flatMap((run) => openTasks(store, run)).filter((task) => !known.has(task));
  if (more.length === 0) return false;
  store.dependencies.add(
    taskId,
    more.map((task) => ({ task, on: "ended" })),
  );
  return true;
}

/** The tasks of a run that have not ended. */
function openTasks(store: Store, run: number): number[] {
  return store.workflows.steps(run).flatMap(({ taskId }) => {
    const status = store.tasks.row(taskId)?.status;
    return status === undefined || isTerminal(status) ? [] : [taskId];
  });
}
