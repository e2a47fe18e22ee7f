/** From a flag's text to its value. Each error names the flag. */
import { parseDuration } from "../../domain/text/duration.ts";
import { WorkerError } from "../../domain/errors.ts";
import { taskStatuses } from "../../domain/task/task.ts";
import type { TaskStatus } from "../../domain/task/task.ts";
import { didYouMean } from "../../domain/text/did-you-mean.ts";

interface NumberBounds {
  readonly min?: number;
  readonly max?: number;
  /** A word that the flag takes, too: for the error. */
  readonly or?: string;
}

/** @param flag as in the error, e.g. `--limit`. */
export function wholeNumber(flag: string, { min = 0, max = Number.MAX_SAFE_INTEGER, or }: NumberBounds = {}): (text: string) => number {
  return (text) => {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new WorkerError(
      "invalid_input",
      `${flag} must be a whole number ${range}${or === undefined ? "" : `, or ${or}`}, not "${text}".`,
    );
  };
}

/** US dollars: `0.50`, `$2`. */
export function money(flag: string): (text: string) => number {
  return (text) => {
    const value = /^\$?\d+(\.\d+)?$/.test(text) ? Number(text.replace("$", "")) : Number.NaN;
    if (value > 0) return value;
    throw new WorkerError("invalid_input", `${flag} must be an amount of US dollars like 0.50, not "${text}".`);
  };
}

/** Milliseconds of `30m`, `1h30m`, `90s`. */
export function duration(flag: string, { min = "0s", max = "36500d" } = {}): (text: string) => number {
  return (text) => {
    const value = durationOf(flag, text);
    if (value >= parseDuration(min) && value <= parseDuration(max)) return value;
    throw new WorkerError("invalid_input", `${flag} must be a duration from ${min} to ${max}, not "${text}".`);
  };
}

function durationOf(flag: string, text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new WorkerError("invalid_input", `${flag}: ${(error as Error).message}`);
  }
}

/** UTC milliseconds of `10m` (ago) or of a time. */
export function moment(flag: string): (text: string) => number {
  return (text) => {
    if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(Date.parse(text))) return Date.parse(text);
    try {
      return Date.now() - parseDuration(text);
    } catch {
      throw new WorkerError("invalid_input", `${flag} must be a duration like 10m or a time like 2026-11-22T14:00:00Z, not "${text}".`);
    }
  };
}

/** Requires a text that is not empty: an empty one comes from a variable that is not set. */
export function nonEmpty(flag: string): (text: string) => string {
  return (text) => {
    if (text.trim() !== "") return text;
    throw new WorkerError("invalid_input", `${flag} must not be empty. Leave it out for the default.`);
  };
}

/** `running,failed` as statuses. */
export function statuses(text: string): TaskStatus[] {
  return text.split(",").map((word) => {
    const status = taskStatuses.find((each) => each === word.trim().toLowerCase());
    if (status !== undefined) return status;
    const near = didYouMean(word, taskStatuses);
    const hint = near === null ? `Known: ${taskStatuses.join(", ")}.` : `Did you mean "${near}"?`;
    throw new WorkerError("invalid_input", `"${word}" is not a status. ${hint}`);
  });
}

/** `key=value` as a pair. */
export function label(text: string): readonly [string, string][] {
  const equals = text.indexOf("=");
  if (equals > 0) return [[text.slice(0, equals), text.slice(equals + 1)]];
  throw new WorkerError("invalid_input", `--label must be key=value, not "${text}".`);
}
