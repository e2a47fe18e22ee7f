/** Durations as people write and read them. Inside, a duration is a number of milliseconds. */
import { WorkerError } from "../errors.ts";

const unitMs = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
type Unit = keyof typeof unitMs;

const examples = "Write numbers with units, largest first: 90s, 30m, 1h30m, 2d, 500ms.";

/**
 * Milliseconds of `1h30m`, `90s`, `500ms`, `2d`: whole numbers with the units d, h, m, s, ms, each
 * at most once, largest first.
 * @throws WorkerError `invalid_input` for anything else: a number without a unit (its meaning would
 * be unclear), signs, blanks, fractions.
 */
export function parseDuration(text: string): number {
  if (/^\d+$/.test(text)) throw new WorkerError("invalid_input", `"${text}" is a duration without a unit. ${examples}`);
  const match = /^(?:(?<d>\d+)d)?(?:(?<h>\d+)h)?(?:(?<m>\d+)m(?!s))?(?:(?<s>\d+)s)?(?:(?<ms>\d+)ms)?$/.exec(text);
  if (text === "" || match?.groups === undefined) throw new WorkerError("invalid_input", `"${text}" is not a duration. ${examples}`);
  let totalMs = 0;
  for (const unit of Object.keys(unitMs) as Unit[]) totalMs += Number(match.groups[unit] ?? 0) * unitMs[unit];
  if (!Number.isSafeInteger(totalMs)) throw new WorkerError("invalid_input", `"${text}" is too long a duration. ${examples}`);
  return totalMs;
}

/**
 * The exact inverse of `parseDuration`, with the largest units that fit: `1h30m`, `90s` as `1m30s`;
 * 0 as `0s`. @param durationMs a whole number, 0 or more
 */
export function typedDuration(durationMs: number): string {
  if (durationMs === 0) return "0s";
  let rest = durationMs;
  let text = "";
  for (const unit of Object.keys(unitMs) as Unit[]) {
    const count = Math.floor(rest / unitMs[unit]);
    rest -= count * unitMs[unit];
    if (count > 0) text += `${count}${unit}`;
  }
  return text;
}

/**
 * Short form with at most two units, rounded down: `850 ms`, `4.2 s`, `42 s`, `1 m 12 s`,
 * `2 h 5 m`, `3 d 4 h`. Negative or unknown: `0 ms`.
 */
export function formatDuration(durationMs: number): string {
  const ms = Number.isFinite(durationMs) ? Math.max(0, Math.floor(durationMs)) : 0;
  if (ms < 1000) return `${ms} ms`;
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  if (ms < unitMs.m) return `${Math.floor(ms / 1000)} s`;
  if (ms < unitMs.h) return twoUnits(ms, "m", "s");
  return ms < unitMs.d ? twoUnits(ms, "h", "m") : twoUnits(ms, "d", "h");
}

function twoUnits(ms: number, large: Unit, small: Unit): string {
  const rest = Math.floor((ms % unitMs[large]) / unitMs[small]);
  const whole = `${Math.floor(ms / unitMs[large])} ${large}`;
  return rest === 0 ? whole : `${whole} ${rest} ${small}`;
}
