/** Time zones: their names, and the moments of what their clocks show. */
import { WorkerError } from "../../domain/errors.ts";
import { didYouMean } from "../../domain/text/did-you-mean.ts";

const formats = new Map<string, Intl.DateTimeFormat>();

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
    return formatOf(name) !== undefined;
  } catch {
    return false;
  }
}

/** What a zone's clock shows at a moment, as if it were UTC (ms). */
export function clockAt(moment: number, zone: string): number {
  const part = Object.fromEntries(
    formatOf(zone)
      .formatToParts(moment)
      .map(({ type, value }) => [type, Number(value)]),
  ) as Readonly<Record<"year" | "month" | "day" | "hour" | "minute" | "second", number>>;
  return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second) + (((moment % 1000) + 1000) % 1000);
}

/**
 * The moment at which a zone's clock shows this: the first of two, and where it is left out, the
 * first one after.
 * @param shown what the clock shows, as if it were UTC (ms).
 */
export function momentOf(shown: number, zone: string): number {
  const dayMs = 86_400_000;
  const offsets = [shown - dayMs, shown + dayMs].map((moment) => clockAt(moment, zone) - moment);
  const found = offsets.map((offset) => shown - offset).filter((moment) => clockAt(moment, zone) === shown);
  if (found.length > 0) return Math.min(...found);
  let [before = shown, after = shown] = offsets.map((offset) => shown - offset).toSorted((a, b) => a - b);
  // The clock jumps over it between the two.
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (clockAt(middle, zone) > shown) after = middle;
    else before = middle;
  }
  return after;
}

/**
 * UTC milliseconds of `2026-12-24 02:00` on the zone's clock, of RFC 3339 with an offset, or of
 * `02:00`, the next time that the clock shows it.
 * @param field the field of the request, for errors.
 * @throws WorkerError invalid_input.
 */
export function momentGiven(text: string, zone: string, now: number, field: string): number {
  const given = text.trim();
  const [, hours, minutes] = /^(\d{1,2}):(\d{2})$/.exec(given) ?? [];
  if (hours !== undefined && Number(hours) < 24 && Number(minutes) < 60) return nextClock(Number(hours), Number(minutes), zone, now);
  const [, date, time = "00:00", seconds = ":00", offset] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/i.exec(given) ?? [];
  const shown = date === undefined ? Number.NaN : Date.parse(`${date}T${time}${seconds}Z`);
  // JavaScript takes 30 February for 2 March.
  if (date !== undefined && !Number.isNaN(shown) && new Date(shown).toISOString().startsWith(date))
    return offset === undefined ? momentOf(shown, zone) : Date.parse(`${date}T${time}${seconds}${offset.toUpperCase()}`);
  const detail = `must be a time like "2026-12-24 02:00", 2026-12-24T02:00:00+01:00 or 02:00, not "${given}"`;
  throw new WorkerError("invalid_input", `${field} ${detail}.`, [{ pointer: `/${field}`, detail }]);
}

function nextClock(hours: number, minutes: number, zone: string, now: number): number {
  const dayMs = 86_400_000;
  const today = Math.floor(clockAt(now, zone) / dayMs) * dayMs + hours * 3_600_000 + minutes * 60_000;
  const at = momentOf(today, zone);
  return at > now ? at : momentOf(today + dayMs, zone);
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const kept = formats.get(zone);
  if (kept !== undefined) return kept;
  const format = new Intl.DateTimeFormat("en", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formats.set(zone, format);
  return format;
}
