/** The flags of a schedule, and the `run` line behind them. */
import type { TaskInput } from "../../contract/task-input.ts";
import { WorkerError } from "../../domain/errors.ts";
import { maxEveryMs, maxJitterMs, minEveryMs, missedPolicies, overlapPolicies } from "../../domain/schedules/schedule.ts";
import { optionRows } from "../../domain/task/option-values.ts";
import { typedDuration } from "../../domain/text/duration.ts";
import type { OptionSpec } from "../commandline/command.ts";
import { flagNameOf } from "../commandline/name-flags.ts";
import { duration, nonEmpty } from "../commandline/option-values.ts";
import { parseWords } from "../commandline/parse-words.ts";
import type { Connection } from "../server/connection.ts";
import { pathGiven } from "../commandline/path-given.ts";
import type { Io } from "../terminal/io.ts";
import { readPrompt } from "./read-prompt.ts";
import { runInput } from "./run-input.ts";
import { defined, taskFields } from "./task-flags.ts";
import type { TaskFlags } from "./task-flags.ts";

export interface ScheduleFlags {
  readonly cron?: string;
  readonly at?: string;
  /** Milliseconds. */
  readonly every?: number;
  readonly tz?: string;
  readonly until?: string;
  readonly missed?: (typeof missedPolicies)[number];
  readonly overlap?: (typeof overlapPolicies)[number];
  /** Milliseconds. */
  readonly jitter?: number;
  readonly dir?: string;
}

export const scheduleFlags: readonly OptionSpec[] = [
  { flags: "--cron <expression>", description: 'minute, hour, day of the month, month, day of the week: "0 2 * * 1-5"; or @daily' },
  { flags: "--at <time>", description: 'once, at this time: "2026-12-24 02:00", or 02:00, the next one' },
  {
    flags: "--every <duration>",
    description: "each time that this has passed, e.g. 6h, first one such time from now",
    parse: duration("--every", { min: typedDuration(minEveryMs), max: typedDuration(maxEveryMs) }),
  },
  { flags: "--tz <zone>", description: "whose clock counts, e.g. Europe/Berlin (default: yours)", parse: nonEmpty("--tz") },
  { flags: "--until <time>", description: "nothing is due after this time, e.g. 2027-01-31; none: no end" },
  { flags: "--missed <policy>", description: "what happens to times at which no server ran (default: once)", choices: missedPolicies },
  { flags: "--overlap <policy>", description: "what happens while an earlier run has not ended (default: skip)", choices: overlapPolicies },
  {
    flags: "--jitter <duration>",
    description: "begin each run up to this much later, e.g. 10m",
    parse: duration("--jitter", { max: typedDuration(maxJitterMs) }),
  },
  {
    flags: "-d, --dir <path>",
    description: "directory to work in (default: the current one)",
    parse: nonEmpty("--dir"),
    completes: "directories",
  },
];

/** What refusals call the fields of the request. */
export const scheduleFields: Readonly<Record<string, string>> = {
  // The name is that of the schedule.
  ...Object.fromEntries(optionRows.filter(({ name }) => name !== "name").map(({ name }) => [name, flagNameOf(name)])),
  working_directory: "--dir",
  time_zone: "--tz",
  every_ms: "--every",
  end_at: "--until",
};

export const runLine = "the prompt, and options of run: every one but --after, --not-before, --delay, --template and --watch";

/** The fields that the flags give, but for the directory. */
export function scheduleBody({ cron, at, every, tz, until, missed, overlap, jitter }: ScheduleFlags) {
  const endAt = until === "none" ? null : until;
  return defined({ cron, at, every_ms: every, time_zone: tz, end_at: endAt, missed, overlap, jitter_ms: jitter });
}

interface Line {
  readonly prompt: string | undefined;
  readonly options: TaskFlags & { readonly trust?: boolean; readonly dir?: string };
}

/** When it starts is the schedule's to say, and nothing is followed. */
const refused = ["after", "notBefore", "delay", "watch", "template", "var", "json", "debug"];

const advices: Readonly<Record<string, string>> = {
  json: "Put it before the --.",
  debug: "Put it before the --.",
  template: "Give the prompt itself: schedules submit prompts.",
  var: "Give the prompt itself: schedules submit prompts.",
};

/**
 * Reads the words behind `--` as `run` does.
 * @throws WorkerError invalid_input.
 */
async function readLine(behind: readonly string[], dir: string | undefined): Promise<Line> {
  const { command: run } = await import("../commands/task/run.ts");
  const { words, options } = parseWords(run, behind);
  const given = options as Readonly<Record<string, unknown>> & Line["options"];
  const wrong = refused.find((key) => given[key] !== undefined);
  if (wrong !== undefined) {
    const flag = `--${wrong.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const advice = advices[wrong] ?? "The schedule says when its runs start.";
    throw new WorkerError("invalid_input", `${flag} cannot stand behind --. ${advice}`);
  }
  if (dir !== undefined && given.dir !== undefined && given.dir !== dir)
    throw new WorkerError("invalid_input", `--dir is given twice: ${dir} and ${given.dir}. Give it once.`);
  const directory = given.dir ?? dir;
  return { prompt: words[0], options: directory === undefined ? given : { ...given, dir: directory } };
}

/** The whole submit of a new schedule, and whether its directory is to be trusted. */
export async function newTask(
  behind: readonly string[],
  dir: string | undefined,
  connection: Connection,
  io: Io,
): Promise<{ readonly task: TaskInput; readonly trust: boolean }> {
  const { prompt, options } = await readLine(behind, dir);
  return { task: await runInput(await readPrompt(prompt, io), options, connection, io), trust: options.trust === true };
}

/** The fields of the submit that a change names; null: it names none. */
export async function changedTask(
  behind: readonly string[] | null,
  dir: string | undefined,
  io: Io,
): Promise<Record<string, unknown> | null> {
  if (behind === null && dir === undefined) return null;
  const { prompt, options } = await readLine(behind ?? [], dir);
  const fields: Record<string, unknown> = {
    ...(await taskFields(options, io)),
    ...(prompt === undefined ? {} : { prompt: await readPrompt(prompt, io) }),
    ...(options.dir === undefined ? {} : { working_directory: pathGiven(io, options.dir) }),
  };
  return Object.keys(fields).length === 0 ? null : fields;
}
