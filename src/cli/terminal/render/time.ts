/** Times and money as people read them. */
import { formatDuration } from "../../../domain/text/duration.ts";

/**
 * `just now`, `5 min ago`, `3 h ago`, `2 days ago`, then the date. @param at RFC 3339. @param now
 * UTC milliseconds.
 */
export function relativeTime(at: string, now: number): string {
  const seconds = Math.floor((now - Date.parse(at)) / 1000);
  if (seconds < 0) return `in ${formatDuration(-seconds * 1000)}`;
  if (seconds < 10) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  const days = Math.floor(seconds / 86_400);
  return days < 14 ? `${days} ${days === 1 ? "day" : "days"} ago` : localDate(new Date(at));
}

/** Date and time of day in the local time zone: `2026-11-22 14:05:09`. */
export function localTime(at: string): string {
  const time = new Date(at);
  return `${localDate(time)} ${clock(at)}`;
}

/** Time of day in the local time zone: `14:05:09`. */
export function clock(at: string): string {
  const time = new Date(at);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(":");
}

/** `$0.0123`, `$12.30`. @param costUsd US dollars. */
export function dollars(costUsd: number): string {
  return `$${costUsd.toFixed(costUsd < 1 ? 4 : 2)}`;
}

function localDate(time: Date): string {
  return `${time.getFullYear()}-${twoDigits(time.getMonth() + 1)}-${twoDigits(time.getDate())}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
