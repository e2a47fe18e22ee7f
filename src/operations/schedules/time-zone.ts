/** Checks the names of time zones, and the times that schedules are given. */
import { WorkerError } from "../../domain/errors.ts";
import { clockAt, givenMoment } from "../../domain/schedules/given-moment.ts";
import { didYouMean } from "../../domain/text/did-you-mean.ts";

/** The zone of the server's system. */
export function systemZone(): string {
  return new Intl.DateTimeFormat("en").resolvedOptions().timeZone;
}

/**
 * The name as the list of zones spells it.
 * @throws WorkerError invalid_input: there is no such zone.
 */
export function checkedZone(given: string): string {
  const name = given.trim();
  const known = Intl.supportedValuesOf("timeZone");
  const spelled = known.find((each) => each.toLowerCase() === name.toLowerCase());
  if (spelled !== undefined) return spelled;
  // Aliases like US/Pacific are not in the list. Offsets are, and no zone: they have no summer.
  if (/^[A-Za-z]/.test(name) && isZone(name)) return name;
  const near = didYouMean(name, known) ?? known.find((each) => each.toLowerCase().endsWith(`/${name.toLowerCase().replaceAll(" ", "_")}`));
  const hint = near == null ? "Write a name like Europe/Berlin or UTC." : `Did you mean ${near}?`;
  const detail = `"${name}" is not a time zone that is known here. ${hint}`;
  throw new WorkerError("invalid_input", `time_zone ${detail}`, [{ pointer: "/time_zone", detail }]);
}

function isZone(name: string): boolean {
  try {
    return !Number.isNaN(clockAt(0, name));
  } catch {
    return false;
  }
}

/**
 * The moment that a request names (UTC ms).
 * @param field the field of the request, for errors. @throws WorkerError invalid_input.
 */
export function momentGiven(text: string, zone: string, now: number, field: string): number {
  const moment = givenMoment(text, zone, now);
  if (moment !== null) return moment;
  const detail = `must be a time like "2026-12-24 02:00", 2026-12-24T02:00:00+01:00 or 02:00, not "${text.trim()}"`;
  throw new WorkerError("invalid_input", `${field} ${detail}.`, [{ pointer: `/${field}`, detail }]);
}
