/**
 * The tasks that a changing command is about: those that are named, or all that fit a filter
 * (`cancel --all`, `rm --status failed`).
 */
import { WorkerError } from "../../domain/errors.ts";
import { taskStatuses } from "../../domain/task/task.ts";
import type { TaskStatus } from "../../domain/task/task.ts";
import type { Call, OptionSpec } from "../commandline/command.ts";
import { reading } from "../server/connection.ts";
import { label, statuses } from "../commandline/option-values.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";

export interface FilterOptions {
  readonly all?: boolean;
  readonly status?: TaskStatus[];
  readonly label?: [string, string][];
  readonly group?: string;
}

export interface Choice {
  /** What the command does, as in `cancel`. */
  readonly verb: string;
  /** What has happened to a task then, as in `cancelled`. */
  readonly done: string;
  /** The statuses in which it can be done. */
  readonly possible: readonly TaskStatus[];
  /** The statuses that are meant where --status is not given. */
  readonly meant: readonly TaskStatus[];
  /** Pending tasks, the one first that would start first. Absent: the newest first. */
  readonly order?: "queue";
}

const statusFilter: OptionSpec = {
  flags: "-s, --status <status...>",
  description: "every task in these statuses",
  parse: statuses,
  repeat: true,
  also: /^[a-z,]+$/,
  completes: taskStatuses,
};

/** The flags of a filter. @param all what --all means, for the help. */
export function filterOptions(all: string): OptionSpec[] {
  return [
    { flags: "-a, --all", description: all },
    statusFilter,
    { flags: "--label <key=value>", description: "every task with this label; of several all must fit", parse: label, repeat: true },
    { flags: "-g, --group <name>", description: "every task of this group" },
  ];
}

function hasFilter(options: FilterOptions): boolean {
  return options.all === true || options.status !== undefined || options.label !== undefined || options.group !== undefined;
}

/**
 * The ids of the tasks that fit the filter (may be none); null: tasks are named instead.
 * @throws WorkerError invalid_input: neither or both are given, or a status in which the verb
 * cannot be done.
 */
export async function fittingTasks(
  { words, options, io }: Call<FilterOptions>,
  { verb, done, possible, meant, order }: Choice,
): Promise<TaskRef[] | null> {
  if (!hasFilter(options)) {
    if (words.length > 0) return null;
    throw new WorkerError(
      "invalid_input",
      `Which tasks? Name them, e.g. claude-worker ${verb} 42, or give --all, --status, --label or --group.`,
    );
  }
  if (words.length > 0) throw new WorkerError("invalid_input", "Name tasks or give --all, --status, --label or --group, not both.");
  const impossible = options.status?.find((status) => !possible.includes(status));
  if (impossible !== undefined)
    throw new WorkerError("invalid_input", `A task that is ${impossible} cannot be ${done}. Possible statuses: ${possible.join(", ")}.`);
  const label = options.label?.map(([key, value]) => `${key}=${value}`);
  const { found } = await reading(io, async (client) => {
    const ids: TaskRef[] = [];
    const which = order === undefined ? { status: options.status ?? meant } : { order };
    for await (const { id } of client.all({ ...which, label, group: options.group })) ids.push(id);
    return ids;
  });
  return found;
}
