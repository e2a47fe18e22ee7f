/** Decides what becomes of the due times of a schedule that have come. */
import { graceMs, jitterOf, mostCatchUps } from "./schedule.ts";
import type { Schedule } from "./schedule.ts";
import type { PastDues } from "./due-times.ts";

/** What is to be done about a due time. */
export interface Decision {
  readonly dueAt: number;
  /** `submit`: now. `catch_up`: now, because it was missed. Otherwise it is skipped. */
  readonly what: "submit" | "catch_up" | "missed" | "paused";
  /** For a skipped one: why, as a sentence. */
  readonly message: string | null;
}

type Ruled = Pick<Schedule, "id" | "jitterMs" | "missed" | "pausedAt">;

/** One decision for each due time, oldest first. Pure and total. */
export function decisionsOf(schedule: Ruled, { dues, hasOlder }: PastDues, now: number): Decision[] {
  const older = hasOlder ? " Those before it have no rows." : "";
  const skip = (dueAt: number, what: "missed" | "paused", message: string, index: number): Decision => ({
    dueAt,
    what,
    message: index === 0 ? `${message}${older}` : message,
  });
  if (schedule.pausedAt !== null) return dues.map((dueAt, index) => skip(dueAt, "paused", "The schedule was paused.", index));
  const last = dues.at(-1);
  const isOnTime = last !== undefined && now - last - jitterOf(schedule, last) < graceMs;
  const missed = isOnTime ? dues.slice(0, -1) : dues;
  const madeUp = new Set(madeUpFor(schedule, missed, isOnTime));
  return dues.map((dueAt, index) => {
    if (isOnTime && dueAt === last) return { dueAt, what: "submit", message: null };
    if (madeUp.has(dueAt)) return { dueAt, what: "catch_up", message: null };
    return skip(dueAt, "missed", missedText(schedule), index);
  });
}

function madeUpFor({ missed: policy }: Ruled, missed: readonly number[], isOnTime: boolean): readonly number[] {
  if (policy === "skip") return [];
  if (policy === "all") return missed.slice(-mostCatchUps);
  // The run that is on time stands for those before it.
  return isOnTime ? [] : missed.slice(-1);
}

function missedText({ missed }: Ruled): string {
  const when = "Nothing noticed it in time: no server ran, or the machine slept.";
  if (missed === "skip") return when;
  return missed === "once" ? `${when} A later run stands for it.` : `${when} Only the newest ${mostCatchUps} are made up for.`;
}
