/**
 * Windows of the day in which tasks start, like `22:00-07:00`. Pure; by the clock of a time zone,
 * over both of its changes.
 */

import { formatDuration } from "../text/duration.ts";

const minuteMs = 60_000;
const dayMinutes = 1440;
/** A window opens within a day; clocks change by hours at most. */
const searchMinutes = 2 * dayMinutes;

/** Minutes of the day. `to` may be less: then it lies on the next day. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** What is wrong with the text of windows, as the end of a sentence; null: nothing. */
export function windowProblem(text: string): string | null {
  const spans = spansOf(text);
  if (spans === null) return "must be times of the day like 22:00-07:00, several with commas";
  return spans.some(({ from, to }) => from === to) ? "must not begin and end at the same time" : null;
}

/** Whether tasks with these windows may start. @param zone a time zone's name. */
export function isWindowOpen(text: string, now: number, zone: string): boolean {
  const minute = minuteOfDay(now, zone);
  return (spansOf(text) ?? []).some(({ from, to }) => (from < to ? minute >= from && minute < to : minute >= from || minute < to));
}

/** The first moment from `now` on at which they may (UTC ms). */
export function windowOpening(text: string, now: number, zone: string): number {
  if (isWindowOpen(text, now, zone)) return now;
  const first = Math.ceil((now + 1) / minuteMs) * minuteMs;
  // The clock shows the beginning of a window after so many minutes, unless it changes before.
  const waits = (spansOf(text) ?? []).map(({ from }) => (from - minuteOfDay(first, zone) + dayMinutes) % dayMinutes);
  const sure = Math.max(0, Math.min(...waits) - 180);
  // A clock that is set back meanwhile can open a window that has just ended.
  const isSteady = offsetOf(now, zone) === offsetOf(first + sure * minuteMs, zone);
  for (let minutes = isSteady ? sure : 0; minutes <= searchMinutes; minutes += 1) {
    const at = first + minutes * minuteMs;
    if (isWindowOpen(text, at, zone)) return at;
  }
  return first + searchMinutes * minuteMs;
}

/** Which windows are open at one moment. Each is computed once. */
export class Windows {
  readonly #now: number;
  readonly #zone: string;
  readonly #blocks = new Map<string, WindowBlock | null>();

  /** @param zone a time zone's name. */
  constructor(now: number, zone: string) {
    this.#now = now;
    this.#zone = zone;
  }

  /** What keeps a task with this window from starting; null: nothing. */
  blockOf(window: string | null): WindowBlock | null {
    if (window === null) return null;
    const known = this.#blocks.get(window);
    if (known !== undefined) return known;
    const until = windowOpening(window, this.#now, this.#zone);
    const message = `It starts at ${window} only. The window opens in ${formatDuration(until - this.#now)}.`;
    const block = until <= this.#now ? null : ({ reason: "time", blocker: `window:${window}`, message, until } as const);
    this.#blocks.set(window, block);
    return block;
  }

  /** When the first window opens that has kept a task from starting (UTC ms); null: none has. */
  get nextTurn(): number | null {
    const turns = [...this.#blocks.values()].flatMap((block) => (block === null ? [] : [block.until]));
    return turns.length === 0 ? null : Math.min(...turns);
  }
}

interface WindowBlock {
  readonly reason: "time";
  readonly blocker: string;
  readonly message: string;
  readonly until: number;
}

function spansOf(text: string): Span[] | null {
  const spans = text.split(",").map((part) => {
    const [, from, fromMinute, to, toMinute] = /^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$/.exec(part.trim()) ?? [];
    const [begin, end] = [minutesOf(from, fromMinute), minutesOf(to, toMinute)];
    return begin === null || end === null || begin === dayMinutes ? null : { from: begin, to: end };
  });
  const valid = spans.filter((span) => span !== null);
  return valid.length === spans.length ? valid : null;
}

function minutesOf(hours: string | undefined, minutes: string | undefined): number | null {
  const at = Number(hours) * 60 + Number(minutes);
  return Number.isNaN(at) || Number(minutes) > 59 || at > dayMinutes ? null : at;
}

/** How far the zone's clock is from UTC, in minutes of the day. */
function offsetOf(at: number, zone: string): number {
  return (minuteOfDay(at, zone) - Math.floor(at / minuteMs) + dayMinutes * 1e6) % dayMinutes;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function minuteOfDay(at: number, zone: string): number {
  const formatter =
    formatters.get(zone) ?? new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", hour: "2-digit", minute: "2-digit" });
  formatters.set(zone, formatter);
  const [hours, minutes] = formatter.format(at).split(":");
  return Number(hours) * 60 + Number(minutes);
}
