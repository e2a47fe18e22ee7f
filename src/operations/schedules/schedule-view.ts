/** Makes the views of schedules and of their runs. */
import type { ScheduleDetailView, ScheduleRunView, ScheduleView } from "../../contract/views/schedule.ts";
import type { Settings } from "../../config/settings.ts";
import { nextDues } from "../../domain/schedules/due-times.ts";
import type { Occurrence, Schedule } from "../../domain/schedules/schedule.ts";
import { shownOptions, submittedOptions } from "../../domain/task/option-values.ts";
import { titleOf } from "../../domain/task/task.ts";
import type { Store } from "../../store/store.ts";
import { rfc3339, rfc3339OrNull } from "../tasks/times.ts";
import { taskOf } from "./submit-target.ts";
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
    target: {
      kind: schedule.targetKind,
      title: titleOf(String(schedule.target["prompt"] ?? "")),
      working_directory: String(schedule.target["working_directory"] ?? ""),
    },
    created_by: schedule.callerName,
    created_at: rfc3339(schedule.createdAt),
    updated_at: rfc3339(schedule.updatedAt),
  };
}

export function scheduleDetailView(store: Store, settings: Settings, schedule: Schedule): ScheduleDetailView {
  return { ...scheduleView(store, schedule), task: shownTask(schedule, settings) };
}

/** Secrets are left out as in the view of a task. */
function shownTask(schedule: Schedule, settings: Settings): ScheduleDetailView["task"] {
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
    catch_up: run.isCatchUp,
    by: run.by,
    at: rfc3339(run.at),
  };
}
