/**
 * Acts on the due times of schedules. A due time's row, its task and the move to the next due time
 * are one write: a kill in between loses nothing and repeats nothing.
 */
import { messageOf, WorkerError } from "../../domain/errors.ts";
import { contentOfSchedule } from "../../domain/notifications/content.ts";
import { decisionsOf } from "../../domain/schedules/catch-up.ts";
import type { Decision } from "../../domain/schedules/catch-up.ts";
import { nextDue, pastDues } from "../../domain/schedules/due-times.ts";
import { mostFailures, mostQueued, staggerMs } from "../../domain/schedules/schedule.ts";
import type { Schedule, SubmittedRun } from "../../domain/schedules/schedule.ts";
import type { NewOccurrence } from "../../store/sqlite/schedules.ts";
import { cancelWithin } from "../tasks/cancel-task.ts";
import type { SubmitContext } from "../tasks/submit-task.ts";
import { cancelRunWithin } from "../workflows/manage-workflows.ts";
import { callerOf, numbersOf, prepareTarget } from "./submit-target.ts";
import type { PreparedTarget } from "./submit-target.ts";
import { pointerTo, timesOf } from "./times-of.ts";

export interface FireContext extends SubmitContext {
  /** The system's clock (UTC ms), which may be set back. */
  wall(): number;
}

/** What the rounds of the clock share. */
export interface Turn {
  /** Runs that were made up for in this round: each starts later than the one before. */
  catchUps: number;
}

/** What is written for the due time that leads to a submit. */
type Attempted =
  | { readonly kind: "prepared"; readonly target: PreparedTarget }
  | { readonly kind: "overlap"; readonly message: string }
  | { readonly kind: "refused"; readonly error: WorkerError };

/**
 * Acts on the due times that have come up to the first that leads to a submit. Does nothing when
 * the schedule is gone or not due.
 * @throws what keeps the store from being written: then nothing has happened.
 */
export async function fireSchedule(context: FireContext, id: number, turn: Turn): Promise<void> {
  const schedule = context.store.schedules.get(id);
  const now = context.wall();
  if (schedule?.nextFireAt == null || schedule.nextFireAt > now) return;
  const decisions = decisionsOf(schedule, pastDues(timesOf(schedule), schedule, now), now);
  const at = decisions.findIndex(({ what }) => what === "submit" || what === "catch_up");
  const step = { schedule, now, turn, skipped: at === -1 ? decisions : decisions.slice(0, at), chosen: decisions[at] };
  if (step.chosen === undefined) return await settle(context, step, null);
  const attempted = await attempt(context, schedule, step.chosen);
  try {
    await settle(context, step, attempted);
  } catch (error) {
    // Refused in the write, e.g. because the queue is full: nothing of it is stored.
    if (attempted.kind !== "prepared") throw error;
    await settle(context, step, { kind: "refused", error: refusalOf(error) });
  }
}

async function attempt(context: FireContext, schedule: Schedule, { what }: Decision): Promise<Attempted> {
  const overlap = what === "catch_up" && schedule.missed === "all" ? null : overlapOf(context, schedule);
  if (overlap !== null) return { kind: "overlap", message: overlap };
  try {
    const caller = callerOf(context.store, schedule, context.wall());
    return { kind: "prepared", target: await prepareTarget(context, schedule, caller) };
  } catch (error) {
    return { kind: "refused", error: refusalOf(error) };
  }
}

/** Why a due time is skipped because of earlier runs, as a sentence; null: it is not. */
function overlapOf({ store }: FireContext, { id, overlap }: Schedule): string | null {
  if (overlap !== "skip" && overlap !== "queue") return null;
  const running = store.schedules.running(id);
  const [first] = running;
  if (first === undefined) return null;
  if (overlap === "skip")
    return first.kind === "task"
      ? `Task ${first.id} of an earlier run had not ended.`
      : `The earlier workflow run ${first.id} had not ended.`;
  return running.length > mostQueued ? `${running.length} earlier runs had not ended, and no more of them wait.` : null;
}

/**
 * Why its run is not submitted. @throws the error when it is not about this schedule: a full disk,
 * a server that stops.
 */
function refusalOf(error: unknown): WorkerError {
  if (!(error instanceof WorkerError)) return new WorkerError("internal", `Claude Worker could not submit it: ${messageOf(error)}`);
  const { code } = error;
  if (code === "storage_full" || code === "storage_unusable" || code === "unavailable") throw error;
  return error;
}

interface Step {
  readonly schedule: Schedule;
  readonly now: number;
  readonly turn: Turn;
  readonly skipped: readonly Decision[];
  readonly chosen: Decision | undefined;
}

/** One write. Does nothing when the schedule was changed meanwhile. */
async function settle(context: FireContext, step: Step, attempted: Attempted | null): Promise<void> {
  const { store } = context;
  const { schedule, skipped, chosen, turn } = step;
  const { id } = schedule;
  const madeUp = await store.write(() => {
    if (store.schedules.get(id)?.revision !== schedule.revision) return 0;
    for (const { dueAt, what, message } of skipped)
      store.schedules.addOccurrence({ ...bare(step, dueAt), state: "skipped", reason: what, message });
    const isNew = chosen !== undefined && attempted !== null && !store.schedules.hasRow(id, chosen.dueAt);
    const patch = isNew ? act(context, step, chosen, attempted) : {};
    const last = chosen?.dueAt ?? skipped.at(-1)?.dueAt;
    const next = last === undefined ? schedule.nextDueAt : nextDue(timesOf(schedule), schedule, last);
    store.schedules.patch(id, { ...patch, ...pointerTo(schedule, next) });
    return isNew && attempted.kind === "prepared" && chosen.what === "catch_up" ? 1 : 0;
  });
  turn.catchUps += madeUp;
}

/** Inside `write`. @returns what becomes of the schedule. */
function act(context: FireContext, step: Step, chosen: Decision, attempted: Attempted): Partial<Schedule> {
  const { store } = context;
  const { schedule } = step;
  const isCatchUp = chosen.what === "catch_up";
  const row = { ...bare(step, chosen.dueAt), isCatchUp };
  if (attempted.kind === "overlap") {
    store.schedules.addOccurrence({ ...row, state: "skipped", reason: "overlap", message: attempted.message });
    return {};
  }
  if (attempted.kind === "refused") return fail(context, step, row, attempted.error);
  const after = earlierOf(context, schedule, isCatchUp);
  const notBefore = isCatchUp && step.turn.catchUps > 0 ? context.now() + step.turn.catchUps * staggerMs : null;
  const run = attempted.target.insert({ notBefore, after });
  store.schedules.addOccurrence({ ...row, state: "submitted", ...numbersOf(run) });
  return { failures: 0 };
}

/** Inside `write`: the runs that a new one waits for; those of a `cancel` are cancelled. */
function earlierOf({ store, now, wall }: FireContext, schedule: Schedule, isCatchUp: boolean): readonly SubmittedRun[] {
  const { id, overlap } = schedule;
  const isChain = isCatchUp && schedule.missed === "all";
  if (overlap === "allow" && !isChain) return [];
  const running = store.schedules.running(id);
  if (overlap !== "cancel" || isChain) return running;
  const caller = callerOf(store, schedule, wall());
  for (const run of running)
    if (run.kind === "task") cancelWithin(store, run.id, caller, now());
    else cancelRunWithin(store, run.id, caller, now());
  return running;
}

/** Inside `write`. */
function fail({ store }: FireContext, { schedule, now }: Step, row: NewOccurrence, error: WorkerError): Partial<Schedule> {
  const { id, name } = schedule;
  const message = messageOf(error);
  store.schedules.addOccurrence({ ...row, state: "failed", reason: error.code, message });
  const failures = schedule.failures + 1;
  const isPaused = failures >= mostFailures;
  const labels = (schedule.target["labels"] ?? {}) as Readonly<Record<string, string>>;
  store.schedules.notify(contentOfSchedule(name, message, isPaused ? failures : null), labels, `schedule ${id} ${row.dueAt}`, now);
  const pauseReason = `${failures} runs in a row could not be submitted. The last one: ${message}`;
  return isPaused ? { failures, pausedAt: now, pauseReason } : { failures };
}

function bare({ schedule, now }: Step, dueAt: number): NewOccurrence {
  return {
    scheduleId: schedule.id,
    kind: "due",
    dueAt,
    state: "skipped",
    reason: null,
    message: null,
    taskId: null,
    workflowId: null,
    isCatchUp: false,
    by: null,
    at: now,
  };
}
