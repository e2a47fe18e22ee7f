/** `list`: the tasks, newest first. */
import { realpathSync } from "node:fs";
import type { ServerView } from "../../../contract/views/server.ts";
import type { TaskPage, TaskSummaryView } from "../../../contract/views/task.ts";
import { listOrders, pageLimit } from "../../../domain/task/list-order.ts";
import type { ListOrder } from "../../../domain/task/list-order.ts";
import { taskStatuses } from "../../../domain/task/task.ts";
import type { TaskStatus } from "../../../domain/task/task.ts";
import type { WorkerClient } from "../../../client/worker-client.ts";
import { defineCommand } from "../../commandline/command.ts";
import type { Call } from "../../commandline/command.ts";
import { reading } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import type { Io } from "../../terminal/io.ts";
import { label, moment, nonEmpty, statuses, wholeNumber } from "../../commandline/option-values.ts";
import { painter } from "../../terminal/render/colour.ts";
import { prose } from "../../terminal/render/wrap.ts";
import { holdText } from "../../terminal/render/hold-lines.ts";
import { listColumns, taskLines, taskTable } from "../../terminal/render/task-list.ts";
import { pathGiven } from "../../commandline/path-given.ts";

interface ListCommandOptions {
  readonly status?: TaskStatus[];
  readonly label?: [string, string][];
  readonly group?: string;
  readonly dir?: string;
  readonly attention?: boolean;
  /** UTC milliseconds. */
  readonly since?: number;
  readonly before?: number;
  readonly order?: ListOrder;
  readonly text?: string;
  readonly name?: string;
  readonly limit?: number;
  readonly cursor?: string;
  readonly all?: boolean;
  readonly watch?: boolean;
}

export const command = defineCommand<ListCommandOptions>({
  name: "list",
  alias: "ls",
  summary: "List tasks, newest first",
  details: `Shows the newest 20 unless --limit or --all says otherwise. Without a terminal: no header, columns separated by tabs and uncut: ${listColumns.join(", ")}.`,
  options: [
    {
      flags: "-s, --status <status...>",
      description: "only tasks in these statuses",
      parse: statuses,
      repeat: true,
      also: /^[a-z,]+$/,
      completes: taskStatuses,
    },
    { flags: "--label <key=value>", description: "only tasks with this label; of several all must fit", parse: label, repeat: true },
    { flags: "-g, --group <name>", description: "only tasks of this group" },
    {
      flags: "-d, --dir <path>",
      description: "only tasks in this directory or below it",
      parse: nonEmpty("--dir"),
      completes: "directories",
    },
    {
      flags: "--since <time>",
      description: "only tasks submitted after this: a time (2026-11-22T14:00:00Z), or how long ago (2h)",
      parse: moment("--since"),
    },
    { flags: "--before <time>", description: "only tasks submitted before this: a time, or how long ago", parse: moment("--before") },
    {
      flags: "--order <order>",
      description: "which tasks come first (default: newest); queue: the pending ones, as they will start",
      choices: listOrders,
    },
    { flags: "--attention", description: "only completed tasks with something to look at: denied calls, a failed last command …" },
    { flags: "--text <text>", description: "only tasks whose name or first line holds this text" },
    { flags: "--name <text>", description: "only tasks whose name begins with this", parse: nonEmpty("--name") },
    { flags: "-l, --limit <n>", description: "how many to show", parse: wholeNumber("--limit", pageLimit) },
    { flags: "--cursor <cursor>", description: "continue where a page ended (its next_cursor)" },
    { flags: "-a, --all", description: "every task" },
    { flags: "-w, --watch", description: "stay, and show what changes; Ctrl-C ends it. Without a terminal: a line for each change" },
  ],
  examples: [
    { command: "claude-worker list", does: "the newest 20 tasks" },
    { command: "claude-worker list --watch", does: "live: turns, dollars, last action" },
    { command: "claude-worker list --status running,pending", does: "what is to come" },
    { command: "claude-worker list --order queue", does: "what waits, the next one first" },
    { command: "claude-worker list --attention", does: "what completed but should be looked at" },
    { command: "claude-worker list --status failed --all --json", does: "every failed task, for programs" },
  ],
  async run({ options, io }) {
    const query = {
      status: options.status,
      text: options.text,
      attention: options.attention,
      name: options.name,
      group: options.group,
      working_directory: options.dir === undefined ? undefined : realDirectory(pathGiven(io, options.dir)),
      created_after: timeOf(options.since),
      created_before: timeOf(options.before),
      order: options.order,
      label: options.label?.map(([key, value]) => `${key}=${value}`),
    };
    const page = { ...query, limit: options.all === true ? 200 : (options.limit ?? 20), cursor: options.cursor };
    const { client, found } = await reading(io, async (server) => await server.listTasks(page));
    if (options.watch === true) {
      const { liveList } = await import("../../task/live-list.ts");
      return await liveList(io, client, async () => (await client.listTasks(page)).tasks, { json: options.json === true });
    }
    if (options.all === true) return await listAll(client, query, found, { options, io });
    if (options.json === true) writeJson(io.stdout, found);
    else if (!io.stdout.isTTY) await io.stdout.flow(taskLines(found.tasks));
    else io.stdout.write(`${tableOr(found.tasks, options, io)}${await footer(client, found, options, io)}`);
    return exitCodes.ok;
  },
});

function timeOf(moment: number | undefined): string | undefined {
  return moment === undefined ? undefined : new Date(moment).toISOString();
}

/** As the server keeps it: without links. A directory that is gone may still have tasks. */
function realDirectory(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

type ListOptions = Call<ListCommandOptions>["options"];
type Query = Parameters<WorkerClient["all"]>[0];

async function listAll(client: WorkerClient, query: Query, first: TaskPage, { options, io }: { options: ListOptions; io: Io }): Promise<0> {
  const json = options.json === true;
  const tasks: TaskSummaryView[] = [];
  for (let page = first; ; page = await client.listTasks({ ...query, limit: 200, cursor: page.next_cursor })) {
    if (json || io.stdout.isTTY) tasks.push(...page.tasks);
    else await io.stdout.flow(taskLines(page.tasks));
    if (page.next_cursor === null) break;
  }
  if (json) writeJson(io.stdout, { tasks, next_cursor: null });
  else if (io.stdout.isTTY) io.stdout.write(tableOr(tasks, options, io));
  return exitCodes.ok;
}

/** Flags that choose no tasks: without another one, an empty list means that there is none. */
const choosesNothing: ReadonlySet<string> = new Set(["limit", "order", "all", "json", "debug"]);

function tableOr(tasks: readonly TaskSummaryView[], options: ListOptions, io: Io): string {
  if (tasks.length > 0) return taskTable(tasks, io.stdout, Date.now());
  const isFiltered = Object.keys(options).some((option) => !choosesNothing.has(option));
  if (isFiltered) return `${painter(io.stdout).dim("No task fits. All of them: claude-worker list --all")}\n`;
  return `${painter(io.stdout).dim('No tasks. Submit one: claude-worker run "…"')}\n`;
}

/** What stands below the table: how many tasks there are beyond the page, and why none starts. */
async function footer(client: WorkerClient, page: TaskPage, options: ListCommandOptions, io: Io): Promise<string> {
  const { counts, holds } = await client.server();
  const paint = painter(io.stdout).yellow;
  const held = holds.map((hold) => `${prose(io.stdout, holdText(hold), { rest: "  ", paint })}\n`);
  return `${moreLine(page, counts, options)}${held.join("")}`;
}

/** How many more there are, where the counters say it. */
function moreLine(page: TaskPage, counts: ServerView["counts"], options: ListCommandOptions): string {
  if (page.next_cursor === null) return "";
  const counted: readonly (keyof ListCommandOptions)[] = ["status", "limit", "order"];
  if (Object.keys(options).some((option) => !counted.includes(option as keyof ListCommandOptions)))
    return "… and more: claude-worker list --all\n";
  const wanted: readonly TaskStatus[] = options.status ?? taskStatuses;
  const total = wanted.reduce((sum, status) => sum + counts[status], 0);
  return `… and ${total - page.tasks.length} more: claude-worker list --all\n`;
}
