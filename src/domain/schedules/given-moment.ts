/** What the clocks of time zones show, and the moments of what people type. */

const dayMs = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

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
function momentOf(shown: number, zone: string): number {
  const offsets = [shown - dayMs, shown + dayMs].map((moment) => clockAt(moment, zone) - moment);
  const [found] = momentsOf(shown, zone);
  if (found !== undefined) return found;
  let [before = shown, after = shown] = offsets.map((offset) => shown - offset).toSorted((a, b) => a - b);
  // The clock jumps over it between the two.
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (clockAt(middle, zone) > shown) after = middle;
    else before = middle;
  }
  return after;
}

/** The moments at which a zone's clock shows this, the first one first: none, one or two. */
function momentsOf(shown: number, zone: string): number[] {
  const offsets = [shown - dayMs, shown + dayMs].map((moment) => clockAt(moment, zone) - moment);
  const moments = new Set(offsets.map((offset) => shown - offset));
  return [...moments].filter((moment) => clockAt(moment, zone) === shown).toSorted((a, b) => a - b);
}

/**
 * UTC milliseconds of `2026-12-24 02:00` on the zone's clock, of RFC 3339 with an offset, or of
 * `02:00`, the next time that the clock shows it. Of a time that comes twice the first one counts,
 * and of one that is left out the first moment after it.
 * @returns null: the text is not such a time.
 */
export function givenMoment(text: string, zone: string, now: number): number | null {
  const given = text.trim();
  const [, hours, minutes] = /^(\d{1,2}):(\d{2})$/.exec(given) ?? [];
  if (hours !== undefined && Number(hours) < 24 && Number(minutes) < 60) return nextClock(Number(hours), Number(minutes), zone, now);
  const [, date, time = "00:00", seconds = ":00", offset] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/i.exec(given) ?? [];
  const shown = date === undefined ? Number.NaN : Date.parse(`${date}T${time}${seconds}Z`);
  // JavaScript takes 30 February for 2 March.
  if (date === undefined || Number.isNaN(shown) || !new Date(shown).toISOString().startsWith(date)) return null;
  return offset === undefined ? momentOf(shown, zone) : Date.parse(`${date}T${time}${seconds}${offset.toUpperCase()}`);
}

/** In the hour that comes twice, the second time is still to come after the first. */
function nextClock(hours: number, minutes: number, zone: string, now: number): number {
  const today = Math.floor(clockAt(now, zone) / dayMs) * dayMs + hours * 3_600_000 + minutes * 60_000;
  const moments = [momentOf(today, zone), ...momentsOf(today, zone), momentOf(today + dayMs, zone)];
  return moments.find((moment) => moment > now) ?? momentOf(today + 2 * dayMs, zone);
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
