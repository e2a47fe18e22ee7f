/** Makes the views of schedules and of their runs. */
import type { TaskView } from "../../contract/views/task.ts";
import type { ScheduleDetailView, ScheduleRunView, ScheduleView } from "../../contract/views/schedule.ts";
import type { WorkflowCheck } from "../../contract/operations/workflows.ts";
import type { CheckedWorkflow } from "../../contract/views/workflow.ts";
import type { Settings } from "../../config/settings.ts";
import { WorkerError } from "../../domain/errors.ts";
import { nextDues } from "../../domain/schedules/due-times.ts";
import type { Occurrence, Schedule } from "../../domain/schedules/schedule.ts";
import { shownGiven, shownOptions, submittedOptions } from "../../domain/task/option-values.ts";
import { titleOf } from "../../domain/task/task.ts";
import type { Store } from "../../store/store.ts";
import { rfc3339, rfc3339OrNull } from "../tasks/times.ts";
import { checkWorkflow } from "../workflows/run-workflow.ts";
import { taskOf, templateOf, workflowOf } from "./submit-target.ts";
import { timesOf } from "./times-of.ts";

export const shownNext = 5;

/** The next due times, also of a paused schedule. */
export function nextRuns(schedule: Schedule, count: number): string[] {
  const { nextDueAt } = schedule;
  if (nextDueAt === null) return [];
  // One that has come and is not acted on yet is the first.
  return nextDues(timesOf(schedule), schedule, nextDueAt - 1, count).map(rfc3339);
}

export function scheduleView(store: Store, schedule: Schedule): ScheduleView {
  const last = store.schedules.lastRun(schedule.id);
  return {
    id: schedule.id,
    name: schedule.name,
    cron: schedule.cron,
    at: rfc3339OrNull(schedule.at),
    every_ms: schedule.everyMs,
    time_zone: schedule.timeZone,
    end_at: rfc3339OrNull(schedule.endAt),
    missed: schedule.missed,
    overlap: schedule.overlap,
    jitter_ms: schedule.jitterMs,
    paused: schedule.pausedAt !== null,
    paused_at: rfc3339OrNull(schedule.pausedAt),
    pause_reason: schedule.pauseReason,
    failures: schedule.failures,
    next_runs: nextRuns(schedule, shownNext),
    last_run: last === null ? null : runView(store, last),
    target: { kind: schedule.targetKind, title: targetTitle(schedule), working_directory: directoryOf(store, schedule) },
    created_by: schedule.callerName,
    created_at: rfc3339(schedule.createdAt),
    updated_at: rfc3339(schedule.updatedAt),
  };
}

export function scheduleDetailView(store: Store, settings: Settings, schedule: Schedule): ScheduleDetailView {
  return {
    ...scheduleView(store, schedule),
    task: schedule.targetKind === "task" ? shownTask(schedule, settings) : null,
    template: schedule.targetKind === "template" ? shownTemplate(store, schedule) : null,
    workflow: schedule.targetKind === "workflow" ? shownWorkflow(store, schedule) : null,
  };
}

function targetTitle({ targetKind, target }: Schedule): string {
  if (targetKind === "task") return titleOf(String(target["prompt"] ?? ""));
  if (targetKind === "workflow") return String(target["path"] ?? "workflow.yaml");
  const vars = Object.entries(Object(target["vars"]) as Record<string, string>).map(([name, value]) => `${name}=${value}`);
  return titleOf([String(target["template"] ?? ""), ...vars].join(" "));
}

/** Where a template's call names no directory, the template does. */
function directoryOf(store: Store, { targetKind, target }: Schedule): string {
  const stored = targetKind === "template" ? store.templates.get(String(target["template"]))?.options["working_directory"] : undefined;
  return String(target["working_directory"] ?? stored ?? "");
}

function shownTemplate(store: Store, schedule: Schedule): ScheduleDetailView["template"] {
  const { template, vars, context = null, working_directory: _own, from_settings: _weak, stash: _stash, ...options } = templateOf(schedule);
  return { template, vars, context, working_directory: directoryOf(store, schedule), options: shownGiven(options) };
}

/** The text of the file may have secrets. */
function shownWorkflow(store: Store, schedule: Schedule): ScheduleDetailView["workflow"] {
  const input = workflowOf(schedule);
  const { path, files, inputs, working_directory } = input;
  return { path, files: Object.keys(files), inputs, working_directory, tasks: tasksIn(store, input) };
}

function tasksIn(store: Store, input: WorkflowCheck): CheckedWorkflow["tasks"] {
  try {
    return checkWorkflow(store, input).tasks;
  } catch (error) {
    // A file of an older version may be wrong for this one: its runs fail with the reason.
    if (error instanceof WorkerError) return [];
    throw error;
  }
}

/** Secrets are left out as in the view of a task. */
function shownTask(schedule: Schedule, settings: Settings): NonNullable<ScheduleDetailView["task"]> {
  const input = taskOf(schedule);
  const shown = Object.entries(shownOptions(submittedOptions(input, settings)));
  const options = Object.fromEntries(shown.filter(([name]) => schedule.target[name] != null));
  return { prompt: input.prompt, working_directory: input.working_directory, options };
}

export function runView(store: Store, run: Occurrence): ScheduleRunView {
  const task = run.taskId === null ? null : store.tasks.row(run.taskId);
  return {
    id: run.id,
    schedule: run.scheduleId,
    kind: run.kind,
    due_at: rfc3339(run.dueAt),
    state: run.state,
    reason: run.reason,
    message: run.message,
    task: run.taskId,
    task_status: task?.status ?? null,
    workflow: run.workflowId,
    workflow_status: run.workflowId === null ? null : (store.workflows.get(run.workflowId)?.status ?? null),
    catch_up: run.isCatchUp,
    by: run.by,
    at: rfc3339(run.at),
  };
}

/** The schedule that submitted a task or a run, by its row; null: none did, or it was removed. */
export function submittedBy(store: Store, row: Pick<Occurrence, "scheduleId" | "dueAt" | "kind"> | null): TaskView["schedule"] {
  const schedule = row === null ? null : store.schedules.get(row.scheduleId);
  if (row === null || schedule === null) return null;
  return { id: schedule.id, name: schedule.name, due_at: row.kind === "due" ? rfc3339(row.dueAt) : null };
}
