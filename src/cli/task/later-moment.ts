/** Reads a time that lies ahead, as people type it. */
import { WorkerError } from "../../domain/errors.ts";

/**
 * UTC milliseconds of `02:00` (the next time that the local clock shows it), `2026-11-30 02:00`
 * (local), or RFC 3339 with a zone.
 * @throws WorkerError invalid_input: it is none of them, no such time, or over.
 */
export function laterMoment(text: string, now: Date): number {
  const at = clockTime(text.trim(), now) ?? dateTime(text.trim());
  if (at !== null && at > now.getTime()) return at;
  if (at !== null) throw new WorkerError("invalid_input", `--not-before ${text} is over. Name a time that lies ahead.`);
  throw new WorkerError(
    "invalid_input",
    `--not-before must be a time like 02:00, 2026-11-30 02:00 or 2026-11-30T02:00:00Z, not "${text}". A span goes with --delay, e.g. --delay 2h`,
  );
}

function clockTime(text: string, now: Date): number | null {
  const [, hours, minutes] = /^(\d{1,2}):(\d{2})$/.exec(text) ?? [];
  if (hours === undefined || Number(hours) > 23 || Number(minutes) > 59) return null;
  const at = new Date(now);
  at.setHours(Number(hours), Number(minutes), 0, 0);
  if (at.getTime() <= now.getTime()) at.setDate(at.getDate() + 1);
  return at.getTime();
}

function dateTime(text: string): number | null {
  const [, year, month, day, rest] =
    /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)$/i.exec(text) ?? [];
  if (rest === undefined) return null;
  const at = Date.parse(`${year}-${month}-${day}T${rest}`);
  // JavaScript takes 30 February for 2 March.
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return Number.isNaN(at) || Number(day) > days || Number(day) < 1 ? null : at;
}
