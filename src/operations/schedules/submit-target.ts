/** Submits what a schedule names, with the rights of a caller. */
import type { Caller } from "../../contract/caller.ts";
import { scheduledTask, scheduledTemplate, scheduledWorkflow } from "../../contract/operations/schedules.ts";
import { parseInput } from "../../contract/parse-input.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { Occurrence, Schedule, SubmittedRun } from "../../domain/schedules/schedule.ts";
import type { Store } from "../../store/store.ts";
import { insertTasks, newTasks, planned } from "../tasks/submit-task.ts";
import type { SubmitContext, SubmitInput } from "../tasks/submit-task.ts";
import { taskOfTemplate } from "../templates/task-of-template.ts";
import { endsOf } from "../workflows/earlier-runs.ts";
import { prepareRun } from "../workflows/run-workflow.ts";

export interface Start {
  /** The earliest start (UTC ms); null: at once. */
  readonly notBefore: number | null;
  /** What has to end first. */
  readonly after: readonly SubmittedRun[];
}

/** What passed every check that needs no transaction. */
export interface PreparedTarget {
  /** Inside `write`. @throws WorkerError too_many_requests, invalid_input. */
  insert(start: Start): SubmittedRun;
}

export type Targeted = Pick<Schedule, "id" | "targetKind" | "target">;

/** The input of a task target. @throws WorkerError invalid_input: this version cannot read it. */
export function taskOf({ target }: Pick<Targeted, "target">) {
  return parseInput(scheduledTask, target, "The schedule's task");
}

/** That of a template. @throws WorkerError as `taskOf`. */
export function templateOf({ target }: Pick<Targeted, "target">) {
  return parseInput(scheduledTemplate, target, "The schedule's template");
}

/** That of a workflow. @throws WorkerError as `taskOf`. */
export function workflowOf({ target }: Pick<Targeted, "target">) {
  return parseInput(scheduledWorkflow, target, "The schedule's workflow");
}

/**
 * The checks of a submit, as of now.
 * @throws WorkerError as a submit; not_found: the template is gone.
 */
export async function prepareTarget(context: SubmitContext, schedule: Targeted, caller: Caller): Promise<PreparedTarget> {
  if (schedule.targetKind === "workflow") return await prepareWorkflow(context, schedule, caller);
  if (schedule.targetKind === "task") return await prepareTask(context, schedule, taskOf(schedule), caller);
  const { template, ...input } = templateOf(schedule);
  return await prepareTask(context, schedule, taskOfTemplate(context.store, template, input), caller);
}

/** A run as a row of the schedule names it. */
export function numbersOf({ kind, id }: SubmittedRun): Pick<Occurrence, "taskId" | "workflowId"> {
  return kind === "task" ? { taskId: id, workflowId: null } : { taskId: null, workflowId: id };
}

async function prepareWorkflow(context: SubmitContext, schedule: Targeted, caller: Caller): Promise<PreparedTarget> {
  const run = await prepareRun(context, workflowOf(schedule), caller, true);
  return { insert: (start) => ({ kind: "workflow", id: run.insert({ ...start, schedule: schedule.id }) }) };
}

async function prepareTask(context: SubmitContext, schedule: Targeted, input: SubmitInput, caller: Caller): Promise<PreparedTarget> {
  const now = context.now();
  const [task] = await planned(context, newTasks(context, [input], caller, now));
  if (task === undefined) throw new WorkerError("internal", "The task of a schedule is missing.");
  // It runs after others only so that they do not overlap: no prompt can name those.
  const { promptOrigin, ...rest } = task;
  const own = input.given === undefined || promptOrigin === undefined ? rest : { ...rest, promptOrigin };
  return {
    insert: ({ notBefore, after }) => {
      const later = notBefore === null ? {} : { notBefore, notBeforeReason: "schedule" as const };
      const dependencies = endsOf(context.store, after);
      const [stored] = insertTasks(context, [{ ...own, ...later, dependencies, schedule: schedule.id }], caller, now);
      if (stored === undefined) throw new WorkerError("internal", "The task of a schedule was not stored.");
      return { kind: "task", id: stored.id };
    },
  };
}

/**
 * The caller who wrote the schedule last, with the rights of now.
 * @throws WorkerError forbidden: its token was removed or has expired.
 */
export function callerOf(
  store: Store,
  { callerName: name, callerScope: scope, tokenId, name: schedule }: Pick<Schedule, "callerName" | "callerScope" | "tokenId" | "name">,
  now: number,
): Caller {
  if (tokenId === null) return { name, scope };
  const token = store.tokens.list().find(({ id }) => id === tokenId);
  const what = token === undefined ? "was removed" : token.expiresAt !== null && token.expiresAt <= now ? "has expired" : null;
  if (what === null) return { name, scope, tokenId };
  const advice = `Write it again as another caller: claude-worker schedule edit ${schedule} with its times or options`;
  throw new WorkerError("forbidden", `The token that wrote the schedule (${name}) ${what}. ${advice}`);
}
