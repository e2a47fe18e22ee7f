/** Which times of a schedule are due. A cron expression is read elsewhere, and given as `Times`. */
import { jitterOf, mostPast } from "./schedule.ts";
import type { Schedule, Timing } from "./schedule.ts";

/** A sequence of moments (UTC ms) without a beginning. */
export interface Times {
  /** The first one after `moment`; null: there is none. */
  next(moment: number): number | null;
  /** The newest `count` before `moment`, newest first. */
  before(moment: number, count: number): readonly number[];
}

/** The times of `--at`. */
export function onceAt(at: number): Times {
  return { next: (moment) => (at > moment ? at : null), before: (moment, count) => (at < moment && count > 0 ? [at] : []) };
}

/** The times of `--every`: a grid of elapsed time, which no change of a zone's clock moves. */
export function everySo(everyMs: number, anchor: number): Times {
  const at = (index: number): number => anchor + index * everyMs;
  return {
    next: (moment) => at(Math.floor((moment - anchor) / everyMs) + 1),
    before: (moment, count) => {
      const newest = Math.ceil((moment - anchor) / everyMs) - 1;
      return Array.from({ length: count }, (_, back) => at(newest - back));
    },
  };
}

/** The next due time after a moment, within the schedule's end; null: there is none. */
export function nextDue(times: Times, { endAt }: Pick<Timing, "endAt">, moment: number): number | null {
  const next = times.next(moment);
  return next === null || (endAt !== null && next > endAt) ? null : next;
}

/** The next due times after a moment, at most `count`. */
export function nextDues(times: Times, timing: Pick<Timing, "endAt">, moment: number, count: number): number[] {
  const found: number[] = [];
  for (let at = nextDue(times, timing, moment); at !== null && found.length < count; at = nextDue(times, timing, at)) found.push(at);
  return found;
}

export interface PastDues {
  /** Oldest first: the newest ones, at most `mostPast`. */
  readonly dues: readonly number[];
  /** Whether there are older ones, which get no row. */
  readonly hasOlder: boolean;
}

/** The due times from the schedule's next one on that are to be acted on by `now`. */
export function pastDues(times: Times, schedule: Pick<Schedule, "id" | "jitterMs" | "nextDueAt" | "endAt">, now: number): PastDues {
  const { nextDueAt } = schedule;
  if (nextDueAt === null) return { dues: [], hasOlder: false };
  const isDue = (at: number): boolean => at + jitterOf(schedule, at) <= now;
  const dues: number[] = [];
  for (let at: number | null = nextDueAt; at !== null && isDue(at); at = nextDue(times, schedule, at)) {
    dues.push(at);
    if (dues.length > mostPast) return newest(times, schedule, nextDueAt, now);
  }
  return { dues, hasOlder: false };
}

/** Looks back from now: a year of minutes is not counted one by one. */
function newest(times: Times, schedule: Pick<Schedule, "id" | "jitterMs" | "endAt">, first: number, now: number): PastDues {
  const { endAt } = schedule;
  const from = Math.min(now, endAt ?? now) + 1;
  const dues = times
    .before(from, mostPast)
    .filter((at) => at >= first && at + jitterOf(schedule, at) <= now)
    .toReversed();
  return { dues, hasOlder: true };
}
