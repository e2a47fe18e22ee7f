/**
 * Says why a pending task may not start now, and in which order tasks start. Pure and total. Views
 * show the reason. The scheduler's choice is a query with the same rules
 * (store/sqlite/starting-order.ts); a test compares both.
 */
import { formatDuration } from "../text/duration.ts";
import { waitsForText } from "./dependency.ts";
import type { Waited } from "./dependency.ts";
import { bySpot } from "./place.ts";
import type { Spot } from "./place.ts";
import { profileAtStart } from "./held.ts";
import type { AccountOf } from "./held.ts";
import { isOver } from "./hold.ts";
import type { NewHold } from "./hold.ts";
import type { Lanes } from "./lanes.ts";
import { isOfReserve } from "./reserve.ts";
import { concernsAccount, modelsOf, scopeHolds } from "./scope.ts";
import type { Task } from "../task/task.ts";

export type PendingTask = Pick<
  Task,
  | "id"
  | "rank"
  | "place"
  | "model"
  | "ignoreReserve"
  | "notBefore"
  | "notBeforeReason"
  | "refusals"
  | "answeredAt"
  | "unmet"
  | "stashedAt"
  | "group"
  | "locks"
> & {
  readonly window?: string | null;
  readonly profile?: string;
  readonly sessionId?: string | null;
  readonly resumable?: boolean;
};

/** Why a task waits, in the words of the API, which adds `rights` and `answer`. */
export const waitReasons = [
  "capacity",
  "retry",
  "hold",
  "paused",
  "dependency",
  "time",
  "stashed",
  "group",
  "lock",
  "reserve",
  "budget",
  "resources",
  "prompt_cache",
] as const;
type WaitReason = (typeof waitReasons)[number];

export interface WaitingFor {
  readonly reason: WaitReason;
  /** A sentence for people. */
  readonly message: string;
  /** What it waits for, where that has a name: `task:41`; null: it has none. */
  readonly blocker: string | null;
  /** When the reason ends by itself (UTC ms), where that is known. */
  readonly until: number | null;
}

/** What is needed to say why one task waits. */
export interface AdmissionContext {
  /** How many attempts run. */
  readonly running: number;
  /** How many slots processes of tasks that wait for an answer hold. Default: none. */
  readonly slotsOfWaiting?: number;
  /** Most attempts at once. */
  readonly slots: number;
  /** All holds. Expired ones have no effect. */
  readonly holds: readonly NewHold[];
  /** The account of a task's profile. Holds of other accounts have no effect on the task. */
  readonly account: AccountOf;
  /** The profile that pays where a limit holds tasks of this one; null: none. Default: none. */
  whenHeld?(profile: string): string | null;
  readonly now: number;
  /** The tasks that have to end first, in the order of their numbers: for the message only. */
  waitsFor?(taskId: number): readonly Waited[];
  /** Which groups are full and which locks are held. Default: all are free. */
  readonly lanes?: Lanes;
  /**
   * What the scheduler found last that keeps the task from starting now: the machine cannot carry
   * it, or another task with the same prompt starts before it.
   */
  shortOf?(taskId: number): (Omit<WaitingFor, "until"> & Partial<Pick<WaitingFor, "until">>) | null;
  /** How many pending tasks stand before this one: for the message only. */
  ahead?(taskId: number): number;
}

/**
 * A refused task stays behind all others for this long after its start time. Then its priority
 * counts again, so that no task waits for ever.
 */
export const steppedBackMs = 600_000;

type Place = Spot & Pick<Task, "refusals" | "notBefore" | "answeredAt">;

/**
 * Compares two tasks: those that a person has answered come first and refused ones last; then
 * priority and age, or where a person has moved them, decide (place.ts).
 */
export function inStartingOrder(a: Place, b: Place, now: number): number {
  return byAnswer(a, b) || Number(isSteppedBack(a, now)) - Number(isSteppedBack(b, now)) || bySpot(a, b);
}

function byAnswer(a: Place, b: Place): number {
  return Number(b.answeredAt !== null) - Number(a.answeredAt !== null);
}

function isSteppedBack({ refusals, notBefore }: Place, now: number): boolean {
  return refusals > 0 && notBefore !== null && notBefore + steppedBackMs > now;
}

/**
 * Why this pending task may not start now; null: it may start. The longest reason comes first: that
 * it is put aside, other tasks, a hold, then its time, its group and locks, then the slots and
 * the machine.
 */
export function waitingFor(task: PendingTask, context: AdmissionContext): WaitingFor | null {
  return (
    putAside(task) ??
    notMet(task, context) ??
    heldBy(task, context) ??
    notYet(task, context) ??
    inLane(task, context) ??
    slotsAreTaken(task, context) ??
    notCarried(task, context)
  );
}

/** Whether the hold is in force for tasks of this account at `now`. */
export function isInForce({ until, scope }: NewHold, account: string | null, now: number): boolean {
  return (until === null || until > now) && concernsAccount(scope, account);
}

function putAside({ id, stashedAt }: PendingTask): WaitingFor | null {
  if (stashedAt === null) return null;
  const message = `It is put aside. Put it back into the queue: claude-worker enqueue ${id}`;
  return { reason: "stashed", message, blocker: null, until: null };
}

function notMet({ id, unmet }: PendingTask, context: AdmissionContext): WaitingFor | null {
  if (unmet === 0) return null;
  const waited = context.waitsFor?.(id) ?? [];
  const blocker = waited[0] === undefined ? null : `task:${waited[0].task}`;
  return { reason: "dependency", message: waitsForText(waited), blocker, until: null };
}

function heldBy(task: PendingTask, context: AdmissionContext): WaitingFor | null {
  const inForce = context.holds.filter((hold) => !isOver(hold, context.now));
  const account = context.account(profileAtStart(task, inForce, context));
  const active = inForce.filter((hold) => scopeHolds(hold.scope, task, account) && !(task.ignoreReserve && isOfReserve(hold)));
  // Of two that end together, a limit that was met says more than the reserve of it.
  const [first, ...more] = [...active.filter((hold) => !isOfReserve(hold)), ...active.filter(isOfReserve)];
  if (first === undefined) return null;
  // The hold that lasts longest decides when the task can start.
  const last = more.reduce((longest, hold) => (endOf(hold) > endOf(longest) ? hold : longest), first);
  if (isOfReserve(last))
    return {
      reason: "reserve",
      message: last.message,
      blocker: `reserve:${modelsOf(last.scope)?.join(",") ?? "account"}`,
      until: last.until,
    };
  return { reason: last.kind === "manual" ? "paused" : "hold", message: last.message, blocker: null, until: last.until };
}

function endOf(hold: NewHold): number {
  return hold.until ?? Infinity;
}

function notYet(task: PendingTask, { now }: AdmissionContext): WaitingFor | null {
  if (task.notBefore === null || task.notBefore <= now) return null;
  const left = formatDuration(task.notBefore - now);
  const until = task.notBefore;
  if (task.notBeforeReason === "schedule") return { reason: "time", message: `It starts in ${left}.`, blocker: null, until };
  if (task.notBeforeReason !== "refused") return { reason: "retry", message: `Next try in ${left}.`, blocker: null, until };
  const times = task.refusals > 1 ? ` ${task.refusals} times in a row` : "";
  return { reason: "retry", message: `It was refused${times}; next try in ${left}.`, blocker: null, until };
}

function inLane(task: PendingTask, { lanes }: AdmissionContext): WaitingFor | null {
  const block = lanes?.blockOf(task, task.id) ?? null;
  return block === null ? null : { ...block, until: block.until ?? null };
}

function notCarried({ id }: PendingTask, { shortOf }: AdmissionContext): WaitingFor | null {
  const block = shortOf?.(id) ?? null;
  return block === null ? null : { until: null, ...block };
}

function slotsAreTaken({ id }: PendingTask, { running, slotsOfWaiting = 0, slots, ...context }: AdmissionContext): WaitingFor | null {
  const taken = running + slotsOfWaiting;
  if (taken < slots) return null;
  const waiting = slotsOfWaiting === 0 ? "" : `, ${slotsOfWaiting} of them by tasks that wait for an answer (claude-worker inbox)`;
  const ahead = context.ahead?.(id) ?? 0;
  const queue = ahead === 0 ? "" : `, ${ahead} ${ahead === 1 ? "task is" : "tasks are"} ahead`;
  return { reason: "capacity", message: `${taken} of ${slots} slots are in use${waiting}${queue}.`, blocker: null, until: null };
}
