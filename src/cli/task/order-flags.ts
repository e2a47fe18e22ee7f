/** The flags of `run` that say when a task may start: after other tasks, later, or not yet. */
import type { WorkerClient } from "../../client/worker-client.ts";
import type { TaskInput } from "../../contract/task-input.ts";
import { WorkerError } from "../../domain/errors.ts";
import { dependencyConditions, readDependency } from "../../domain/order/dependency.ts";
import type { OptionSpec } from "../commandline/command.ts";
import { duration } from "../commandline/option-values.ts";
import { laterMoment } from "./later-moment.ts";
import { actTaskId } from "./task-reference.ts";

export interface OrderFlags {
  readonly after?: readonly string[];
  /** UTC milliseconds. */
  readonly notBefore?: number;
  /** Milliseconds. */
  readonly delay?: number;
  readonly stash?: boolean;
}

export const orderFlags: readonly OptionSpec[] = [
  {
    flags: "--after <task>",
    description: "start after this task has completed, or with :ended or :failed, in that way; several with commas, or several times",
    parse: references,
    repeat: true,
    completes: "tasks",
  },
  {
    flags: "--not-before <time>",
    description: "start at this time at the earliest: 02:00, 2026-11-30 02:00",
    parse: (text) => laterMoment(text, new Date()),
  },
  {
    flags: "--delay <duration>",
    description: "start after this time at the earliest, e.g. 2h",
    parse: duration("--delay", { max: "3650d" }),
  },
  { flags: "--stash", description: "put the task aside; it starts after: claude-worker enqueue" },
];

function references(text: string): string[] {
  const words = text.split(",");
  if (words.every((word) => word.trim() !== "")) return words;
  throw new WorkerError(
    "invalid_input",
    `--after "${text}" names no task at one of its commas. Write ids with one comma between, e.g. --after 41,42`,
  );
}

/** @throws WorkerError invalid_input, not_found: a word of `--after` names no task. */
export async function orderFields(
  { after, notBefore, delay, stash }: OrderFlags,
  client: WorkerClient,
): Promise<Pick<TaskInput, "depends_on" | "not_before" | "stash">> {
  if (notBefore !== undefined && delay !== undefined)
    throw new WorkerError("invalid_input", "--not-before and --delay both say when the task starts. Give one of them.");
  const at = notBefore ?? (delay === undefined ? undefined : Date.now() + delay);
  return {
    ...(after === undefined ? {} : { depends_on: await Promise.all(after.map(async (text) => await dependencyOf(text, client))) }),
    ...(at === undefined ? {} : { not_before: new Date(at).toISOString() }),
    ...(stash === true ? { stash } : {}),
  };
}

async function dependencyOf(text: string, client: WorkerClient) {
  const read = readDependency(text);
  if (read === null) {
    const conditions = dependencyConditions.map((each) => `:${each}`).join(", ");
    throw new WorkerError("invalid_input", `--after ${text} is not a task. Write its id, and after it ${conditions}, e.g. 41:ended`);
  }
  return { task: await actTaskId(client, read.reference), on: read.on };
}
