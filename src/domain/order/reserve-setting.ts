/**
 * The setting `reserve`: how much of each window of a subscription's limits is kept free for the
 * person. Checks what is written, and says what counts at a moment. Pure.
 */
import { isTimeOfDay, nextLocalTime } from "../notifications/local-time.ts";
import { didYouMean } from "../text/did-you-mean.ts";

/** Percent of a window that is kept free. */
export interface ReserveShare {
  /** From here on nothing new starts. */
  readonly soft?: number;
  /** From here on running tasks stop between two steps, too. */
  readonly hard?: number;
}

/** A share at some times: local time. The first one of a list that fits counts. */
export interface TimedShare extends ReserveShare {
  /** `mon-fri`, `sat`, `sat,sun`. Absent: every day. */
  readonly days?: string;
  /** `08:00-18:00`; it may span midnight, and belongs to the day it begins on. Absent: all day. */
  readonly hours?: string;
}

/** By window, e.g. `five_hour`, `seven_day`, `seven_day_opus`. */
export type ReserveSetting = Readonly<Record<string, number | ReserveShare | readonly TimedShare[]>>;

export const defaultReserve: ReserveSetting = { five_hour: 10 };

const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const dayMs = 86_400_000;
/** So many entries the list of a window has at most. */
const maxEntries = 50;

/** What is wrong with a value of the setting, as the end of a sentence; null: nothing. */
export function reserveProblem(value: unknown): string | null {
  if (!isPlain(value)) return `must be an object like {"five_hour": 20, "seven_day": {"soft": 25, "hard": 10}}.`;
  for (const [window, share] of Object.entries(value)) {
    const found = windowProblem(window) ?? shareProblem(window, share);
    if (found !== null) return found;
  }
  return null;
}

function windowProblem(window: string): string | null {
  if (/^(?:five_hour|seven_day)(?:_[a-z0-9]+)?$/.test(window)) return null;
  const near = didYouMean(window, ["five_hour", "seven_day", "seven_day_opus", "seven_day_sonnet"]);
  return `names the window "${window}", and there is none.${near === null ? "" : ` Did you mean "${near}"?`} Known: five_hour, seven_day, and seven_day_MODEL.`;
}

function shareProblem(window: string, share: unknown): string | null {
  if (Array.isArray(share)) {
    if (share.length > maxEntries) return `has ${share.length} entries for ${window}. Give at most ${maxEntries}.`;
    return share.map((entry) => entryProblem(window, entry, ["soft", "hard", "days", "hours"])).find((found) => found !== null) ?? null;
  }
  return isPlain(share) ? entryProblem(window, share, ["soft", "hard"]) : percentProblem(window, share);
}

function entryProblem(window: string, entry: unknown, known: readonly string[]): string | null {
  if (!isPlain(entry)) return `must have objects like {"days": "mon-fri", "hours": "08:00-18:00", "soft": 30} in the list of ${window}.`;
  for (const [key, value] of Object.entries(entry)) {
    if (!known.includes(key)) {
      const near = didYouMean(key, known);
      return `has the unknown key "${key}" in ${window}.${near === null ? "" : ` Did you mean "${near}"?`} Known: ${known.join(", ")}.`;
    }
    if ((key === "soft" || key === "hard") && percentProblem(window, value) !== null) return percentProblem(window, value);
    if (key === "days" && (typeof value !== "string" || daysOf(value) === null))
      return `must have days like mon-fri or sat,sun in ${window}, not ${JSON.stringify(value)}.`;
    if (key === "hours" && (typeof value !== "string" || hoursOf(value) === null))
      return `must have hours like 08:00-18:00 in ${window}, not ${JSON.stringify(value)}.`;
  }
  const { soft, hard } = entry as ReserveShare;
  if (soft === undefined && hard === undefined) return `names neither soft nor hard in ${window}. Give a percentage for one of them.`;
  if (soft !== undefined && hard !== undefined && hard > soft)
    return `keeps more free by hard (${hard}) than by soft (${soft}) in ${window}. Running tasks stop last: give soft the higher one.`;
  return null;
}

function percentProblem(window: string, value: unknown): string | null {
  if (typeof value === "number" && value >= 0 && value <= 100) return null;
  return `must have percentages from 0 to 100 in ${window}, not ${JSON.stringify(value)}.`;
}

/**
 * What is kept free of a window at this moment. A window of one model that is not named has the
 * share of the whole window.
 */
export function shareAt(setting: ReserveSetting, window: string, at: number): ReserveShare {
  const share = ofWindow(setting, window);
  if (share === undefined) return {};
  if (typeof share === "number") return { soft: share };
  return isList(share) ? (share.find((entry) => fits(entry, at)) ?? {}) : share;
}

/** The next moment at which the share of the window may change; null: it never does. */
export function nextShareAt(setting: ReserveSetting, window: string, after: number): number | null {
  const share = ofWindow(setting, window);
  if (share === undefined || !isList(share)) return null;
  const times = share.flatMap(({ hours }) => Object.values(hoursOf(hours ?? "") ?? {}));
  return Math.min(...["00:00", ...times].map((time) => nextLocalTime(time, after)));
}

/** Whether shares of the setting depend on the time. */
export function isTimed(setting: ReserveSetting): boolean {
  return Object.values(setting).some(isList);
}

function ofWindow(setting: ReserveSetting, window: string): ReserveSetting[string] | undefined {
  const whole = /^(?:five_hour|seven_day)/.exec(window)?.[0] ?? window;
  return [window, whole].filter((name) => Object.hasOwn(setting, name)).map((name) => setting[name])[0];
}

function fits({ days, hours }: TimedShare, at: number): boolean {
  const span = hours === undefined ? null : hoursOf(hours);
  const time = timeOf(at);
  const isAfterMidnight = span !== null && span.from > span.to && time < span.to;
  if (span !== null && !isAfterMidnight && !(span.from > span.to ? time >= span.from : time >= span.from && time < span.to)) return false;
  // The part after midnight belongs to the day before.
  const day = new Date(isAfterMidnight ? at - dayMs : at).getDay();
  return days === undefined || (daysOf(days) ?? []).includes(day);
}

function timeOf(at: number): string {
  const moment = new Date(at);
  return `${String(moment.getHours()).padStart(2, "0")}:${String(moment.getMinutes()).padStart(2, "0")}`;
}

/** The days as numbers, Sunday 0; null: not days. */
function daysOf(text: string): number[] | null {
  const days: number[] = [];
  for (const part of text.toLowerCase().split(",")) {
    const [first, last, ...more] = part
      .trim()
      .split("-")
      .map((name) => weekdays.findIndex((day) => day === name.trim()));
    if (first === undefined || first === -1 || last === -1 || more.length > 0) return null;
    const count = last === undefined ? 1 : ((last - first + 7) % 7) + 1;
    for (let step = 0; step < count; step += 1) days.push((first + step) % 7);
  }
  return days;
}

function hoursOf(text: string): { readonly from: string; readonly to: string } | null {
  const [from = "", to = "", ...more] = text.split("-").map((time) => time.trim());
  return more.length === 0 && isTimeOfDay(from) && isTimeOfDay(to) && from !== to ? { from, to } : null;
}

function isList(share: ReserveSetting[string]): share is readonly TimedShare[] {
  return Array.isArray(share);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
