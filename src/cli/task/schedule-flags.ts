/** The flags of a schedule. */
import { maxEveryMs, maxJitterMs, minEveryMs, missedPolicies, overlapPolicies } from "../../domain/schedules/schedule.ts";
import { optionRows } from "../../domain/task/option-values.ts";
import { typedDuration } from "../../domain/text/duration.ts";
import type { OptionSpec } from "../commandline/command.ts";
import { flagNameOf } from "../commandline/name-flags.ts";
import { duration, nonEmpty } from "../commandline/option-values.ts";
import { assignment } from "./assignment.ts";
import { defined } from "./task-flags.ts";
import { inputFlag } from "./workflow-flags.ts";
import type { InputFlags } from "./workflow-flags.ts";

export interface ScheduleFlags extends InputFlags {
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
  readonly template?: string;
  readonly var?: readonly [string, string][];
  readonly workflow?: string;
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
  { flags: "--template <name>", description: "submit a task of this template", parse: nonEmpty("--template") },
  {
    flags: "--var <name=value>",
    description: "a variable of the template; may be given several times",
    parse: (text) => [assignment("--var", text)],
    repeat: true,
  },
  {
    flags: "--workflow <file>",
    description: "run this workflow file, which is read now",
    parse: nonEmpty("--workflow"),
    completes: "files",
  },
  { ...inputFlag, description: "an input of the workflow; may be given several times" },
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

export const runLine = "the prompt, unless a template has it, and options of run: every one but --after, --not-before, --delay and --watch";

/** The fields that the flags give, but for the directory and what is submitted. */
export function scheduleBody({ cron, at, every, tz, until, missed, overlap, jitter }: ScheduleFlags) {
  const endAt = until === "none" ? null : until;
  return defined({ cron, at, every_ms: every, time_zone: tz, end_at: endAt, missed, overlap, jitter_ms: jitter });
}
