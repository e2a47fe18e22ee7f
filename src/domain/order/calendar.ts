/**
 * Days, weeks and months of a time zone, as moments. Pure; knows both changes of the clock: a day
 * has 23, 24 or 25 hours, and begins later than midnight where the clock skips midnight.
 */

/** A week begins on Monday. */
export const calendarPeriods = ["day", "week", "month"] as const;
export type CalendarPeriod = (typeof calendarPeriods)[number];

/** UTC milliseconds; the end is the beginning of the next period. */
export interface Stretch {
  readonly startsAt: number;
  readonly endsAt: number;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** Zones differ from UTC by 14 hours at most, and days were skipped. */
const searchMs = 38 * 3_600_000;

/** A date of a calendar, without a time. Months count from 1. */
interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** The time zone of this machine, e.g. `Europe/Berlin`. */
export function systemTimeZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Whether the system knows a time zone of this name. */
export function isTimeZone(name: string): boolean {
  try {
    formatterOf(name);
    return true;
  } catch {
    return false;
  }
}

/** The day, week or month that `now` lies in. @param zone a time zone's name. */
export function stretchAt(period: CalendarPeriod, now: number, zone: string): Stretch {
  const today = dateAt(now, zone);
  const first = firstOf(period, today);
  return { startsAt: beginningOf(first, zone), endsAt: beginningOf(nextOf(period, first), zone) };
}

function firstOf(period: CalendarPeriod, date: CalendarDate): CalendarDate {
  if (period === "month") return { ...date, day: 1 };
  return period === "day" ? date : moved(date, -((weekday(date) + 6) % 7));
}

function nextOf(period: CalendarPeriod, first: CalendarDate): CalendarDate {
  if (period === "month") return moved(first, daysOf(first));
  return moved(first, period === "day" ? 1 : 7);
}

function daysOf({ year, month }: CalendarDate): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** 0 is Sunday. */
function weekday({ year, month, day }: CalendarDate): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay();
}

function moved({ year, month, day }: CalendarDate, days: number): CalendarDate {
  const date = new Date(Date.UTC(year, month - 1, day) + days * dayMs);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** The first moment of which the zone's calendar shows this date, or a later one. */
function beginningOf(date: CalendarDate, zone: string): number {
  const wanted = Date.UTC(date.year, date.month - 1, date.day);
  const isBefore = (at: number): boolean => {
    const shown = dateAt(at, zone);
    return Date.UTC(shown.year, shown.month - 1, shown.day) < wanted;
  };
  let before = wanted - searchMs;
  let from = wanted + searchMs;
  while (from - before > minuteMs) {
    const middle = Math.floor((before + from) / 2 / minuteMs) * minuteMs;
    if (isBefore(middle)) before = middle;
    else from = middle;
  }
  return from;
}

function dateAt(at: number, zone: string): CalendarDate {
  const date = { year: 0, month: 0, day: 0 };
  for (const { type, value } of formatterOf(zone).formatToParts(at)) if (type in date) date[type as keyof CalendarDate] = Number(value);
  return date;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const options = { timeZone: zone, calendar: "iso8601", year: "numeric", month: "numeric", day: "numeric" } as const;
  const made = new Intl.DateTimeFormat("en-US", options);
  formatters.set(zone, made);
  return made;
}
