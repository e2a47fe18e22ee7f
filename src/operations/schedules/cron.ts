/**
 * Reads cron expressions. The only file that imports croner, which finds their times.
 */
import { Cron } from "croner";
import { WorkerError } from "../../domain/errors.ts";
import { didYouMean } from "../../domain/text/did-you-mean.ts";
import type { Times } from "../../domain/schedules/due-times.ts";

const nicknames = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
const fields = [
  { name: "minute", takes: "0-59" },
  { name: "hour", takes: "0-23" },
  { name: "day of the month", takes: "1-31 or L, the last day" },
  { name: "month", takes: "1-12 or JAN-DEC" },
  { name: "day of the week", takes: "0-7 (0 and 7 are Sunday) or SUN-SAT, and MON#1 for the first Monday" },
] as const;

/** Schedules are few, and each is asked many times. */
const known = new Map<string, Cron>();
const mostKnown = 2000;

/**
 * The times of an expression that was checked before.
 * @param zone an IANA name.
 */
export function cronTimes(expression: string, zone: string): Times {
  const key = `${zone} ${expression}`;
  const cron = known.get(key) ?? read(expression, zone);
  if (known.size > mostKnown) known.clear();
  known.set(key, cron);
  return {
    next: (moment) => cron.nextRun(new Date(moment))?.getTime() ?? null,
    // Croner counts the whole second of its reference.
    before: (moment, count) =>
      cron
        .previousRuns(count + 1, new Date(moment))
        .map((at) => at.getTime())
        .filter((at) => at < moment)
        .slice(0, count),
  };
}

/**
 * The expression as it is stored: five fields with single spaces, or a nickname.
 * @throws WorkerError invalid_input: it cannot be read, or never fires after `now`.
 */
export function checkedCron(given: string, zone: string, now: number): string {
  const expression = given.trim().replaceAll(/\s+/g, " ");
  if (/^(?:CRON_)?TZ=/i.test(expression)) throw wrong("names a time zone, which stands apart: in `time_zone`");
  if (expression.startsWith("@")) requireNickname(expression.toLowerCase());
  else requireFields(expression);
  const kept = expression.startsWith("@") ? expression.toLowerCase() : expression;
  if (cronTimes(kept, zone).next(now) === null) throw wrong(`"${expression}" never fires: no year has such a day`);
  return kept;
}

function requireNickname(word: string): void {
  if (nicknames.includes(word)) return;
  if (word === "@reboot") throw wrong("cannot be @reboot: a schedule has times, and a restart of the server is none");
  const near = didYouMean(word, nicknames);
  if (word.startsWith("@every")) throw wrong("cannot be @every: a time that passes again and again stands in `every_ms`");
  throw wrong(`"${word}" is not known. ${near === null ? `Known are ${nicknames.join(", ")}` : `Did you mean ${near}?`}`);
}

function requireFields(expression: string): void {
  const parts = expression === "" ? [] : expression.split(" ");
  if (parts.length === 6)
    throw wrong(`"${expression}" has six fields, and there are no seconds here. Leave the first one out: "${parts.slice(1).join(" ")}"`);
  if (parts.length !== 5)
    throw wrong(
      `"${expression}" has ${parts.length} ${parts.length === 1 ? "field" : "fields"}, and needs five: minute, hour, day of the month, month, day of the week, e.g. "0 2 * * 1-5"`,
    );
  for (const [index, { name, takes }] of fields.entries()) {
    const part = parts[index] ?? "";
    if (isReadable(parts, index)) continue;
    const backwards = /(?:^|,)(\d+)-(\d+)(?:$|[,/])/.exec(part);
    const hint =
      backwards !== null && Number(backwards[1]) > Number(backwards[2]) ? " A range runs upwards: write the two halves with a comma." : "";
    throw wrong(`has the ${name} "${part}", which cannot be read. It takes ${takes}, lists (1,5), ranges (1-5), steps (*/2) and *.${hint}`);
  }
}

/** Tries one field alone: croner's own messages count months and days from 0. */
function isReadable(parts: readonly string[], index: number): boolean {
  // In croner a question mark stands for *, in other programs for the time of the start.
  if (parts[index]?.includes("?") !== false) return false;
  try {
    read(parts.map((part, at) => (at === index ? part : "*")).join(" "), "UTC");
    return true;
  } catch {
    return false;
  }
}

function read(expression: string, zone: string): Cron {
  // The rule of Vixie cron at the changes of a zone's clock: docs/decisions/0034.
  return new Cron(expression, { timezone: zone, mode: "5-part", paused: true, fixedTimeRule: "no-wildcard" });
}

function wrong(detail: string): WorkerError {
  return new WorkerError("invalid_input", `cron ${detail}${/[.?]$/.test(detail) ? "" : "."}`, [{ pointer: "/cron", detail }]);
}
