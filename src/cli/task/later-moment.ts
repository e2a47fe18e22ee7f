/** Reads a time that lies ahead, as people type it. */
import { WorkerError } from "../../domain/errors.ts";
import { systemTimeZone } from "../../domain/order/calendar.ts";
import { givenMoment } from "../../domain/schedules/given-moment.ts";

/**
 * UTC milliseconds of `02:00` (the next time that the local clock shows it), `2026-11-30 02:00`
 * (local), or RFC 3339 with a zone: the times that schedules take, too.
 * @throws WorkerError invalid_input: it is none of them, no such time, or over.
 */
export function laterMoment(text: string, now: Date, zone = systemTimeZone()): number {
  const at = givenMoment(text, zone, now.getTime());
  if (at !== null && at > now.getTime()) return at;
  if (at !== null) throw new WorkerError("invalid_input", `--not-before ${text} is over. Name a time that lies ahead.`);
  throw new WorkerError(
    "invalid_input",
    `--not-before must be a time like 02:00, 2026-11-30 02:00 or 2026-11-30T02:00:00Z, not "${text}". A span goes with --delay, e.g. --delay 2h`,
  );
}
