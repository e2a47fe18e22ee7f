/** `run`: submits a task; with --watch follows it. */
import { resolve } from "node:path";
import type { TaskInput } from "../../contract/task-input.ts";
import type { TaskView } from "../../contract/views.ts";
import { WorkerError } from "../../domain/errors.ts";
import { plainLine } from "../../domain/plain-text.ts";
import { permissionModes } from "../../domain/task.ts";
import type { PermissionMode } from "../../domain/task.ts";
import { defineCommand } from "../command.ts";
import type { Call } from "../command.ts";
import { connectionOf, withServer } from "../connection.ts";
import type { Connection } from "../connection.ts";
import { exitCodes } from "../exit-codes.ts";
import { jsonLine, writeJson } from "../io.ts";
import type { Io } from "../io.ts";
import { duration, label, money, nonEmpty, wholeNumber } from "../option-values.ts";
import { readPrompt } from "../read-prompt.ts";
import { say } from "../render/wrap.ts";

interface RunOptions {
  readonly dir?: string;
  readonly system?: string;
  readonly watch?: boolean;
  readonly model?: string;
  readonly name?: string;
  readonly permissionMode?: PermissionMode;
  readonly allow?: string[];
  readonly deny?: string[];
  readonly maxTurns?: number;
  readonly maxBudgetUsd?: number;
  readonly timeout?: number;
  readonly retries?: number;
  readonly priority?: number;
  readonly label?: [string, string][];
  readonly trust?: boolean;
}

/** A permission rule: `Read`, `Bash(npm test)`, `mcp__github__search`. */
const rule = /^(?:[A-Z]\w*(?:\(.*\))?|mcp__\w+)$/s;

export const command = defineCommand<RunOptions>({
  name: "run",
  summary: "Submit a task",
  details:
    "The prompt comes from the argument, from the file that the argument names, or from the standard input (a pipe, or -). " +
    "Text piped in beside a prompt is appended to it as context. " +
    "When no server runs, one is started. On a pipe it prints the task's id and nothing else.",
  arguments: [{ name: "[prompt]", description: "what Claude shall do: a text, a file, or - for the standard input", completes: "files" }],
  options: [
    {
      flags: "-d, --dir <path>",
      description: "directory to work in (default: the current one)",
      parse: nonEmpty("--dir"),
      completes: "directories",
    },
    { flags: "-s, --system <text>", description: "text that is appended to Claude Code's own system prompt" },
    { flags: "-w, --watch", description: "follow the task until it ends; Ctrl-C leaves it running" },
    { flags: "-m, --model <name>", description: "model name or alias", completes: ["opus", "sonnet", "haiku"] },
    { flags: "-n, --name <text>", description: "a name for lists" },
    { flags: "--permission-mode <mode>", description: "what Claude may do unasked", choices: permissionModes },
    { flags: "--allow <rule...>", description: 'permission rules that allow, e.g. "Bash(npm test)"', repeat: true, also: rule },
    { flags: "--deny <rule...>", description: "permission rules that deny; stronger than --allow", repeat: true, also: rule },
    { flags: "--max-turns <n>", description: "stop after this many turns", parse: wholeNumber("--max-turns", { min: 1, max: 100_000 }) },
    { flags: "--max-budget-usd <amount>", description: "stop when this much is spent, in US dollars", parse: money("--max-budget-usd") },
    {
      flags: "--timeout <duration>",
      description: "stop after this time, e.g. 30m",
      parse: duration("--timeout", { min: "1s", max: "30d" }),
    },
    {
      flags: "--retries <n>",
      description: "extra tries when the agent itself fails",
      parse: wholeNumber("--retries", { min: 0, max: 100 }),
    },
    {
      flags: "--priority <n>",
      description: "higher starts earlier (default: 0)",
      parse: wholeNumber("--priority", { min: -1000, max: 1000 }),
    },
    { flags: "--label <key=value>", description: "a label; may be given several times", parse: label, repeat: true },
    { flags: "--trust", description: "trust the directory, after a question on the terminal" },
  ],
  examples: [
    { command: 'claude-worker run "Refactor the authentication module in ./src/auth" --watch', does: "submit and follow" },
    { command: "claude-worker run plan.md -d ~/project -n plan", does: "the prompt is in a file" },
    { command: 'git diff | claude-worker run "Review this change"', does: "a prompt with piped context" },
    { command: 'id=$(claude-worker run "Fix the failing test" --allow "Bash(npm test)")', does: "the id, for scripts" },
  ],
  async run({ words, options, io }) {
    const connection = connectionOf(io);
    const input = taskInput(await readPrompt(words[0], io), options, connection, io);
    const task = await submitted(input, { options, io, words }, connection);
    if (options.watch === true) {
      const { watchTask } = await import("../watch-task.ts");
      if (options.json === true) io.stdout.write(jsonLine({ task }));
      else say(io.stderr, submittedLine(task));
      return await watchTask({ io, client: connection.client, task, after: 0, json: options.json === true });
    }
    if (options.json === true) writeJson(io.stdout, task);
    else if (io.stdout.isTTY) say(io.stdout, `${submittedLine(task)}\n${nextCommands(task.id)}`);
    else io.stdout.write(`${task.id}\n`);
    return exitCodes.ok;
  },
});

function taskInput(prompt: string, options: RunOptions, { settings, origins }: Connection, io: Io): TaskInput {
  // The server has settings of its own; what this call's environment or file says comes from here.
  const model = options.model ?? (origins.model === "default" ? undefined : settings.model);
  const permissionMode = options.permissionMode ?? (origins.permission_mode === "default" ? undefined : settings.permission_mode);
  return {
    prompt,
    working_directory: resolve(io.cwd, options.dir ?? "."),
    ...defined({
      name: options.name,
      system_prompt: options.system,
      model,
      permission_mode: permissionMode,
      allow: options.allow,
      deny: options.deny,
      max_turns: options.maxTurns,
      max_budget_usd: options.maxBudgetUsd,
      timeout_ms: options.timeout,
      retries: options.retries,
      priority: options.priority,
      labels: options.label === undefined ? undefined : Object.fromEntries(options.label),
    }),
  };
}

function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

async function submitted(input: TaskInput, { options, io }: Call<RunOptions>, connection: Connection): Promise<TaskView> {
  const { client } = connection;
  const idempotencyKey = newKey();
  const submit = async (): Promise<TaskView> =>
    await withServer(io, connection, async () => await client.submit(input, { idempotencyKey }), { isRepeatable: true });
  try {
    return await submit();
  } catch (error) {
    if (options.trust !== true || !(error instanceof WorkerError) || error.code !== "untrusted_directory") throw error;
  }
  const { confirmTrust } = await import("../confirm-trust.ts");
  await confirmTrust(input.working_directory, io);
  await withServer(io, connection, async () => await client.trust(input.working_directory), { isRepeatable: true });
  return await submit();
}

/** With it a submit whose answer got lost is sent again and makes no second task. Loading node:crypto for a UUID would take milliseconds. */
function newKey(): string {
  const random = (): string => Math.random().toString(36).slice(2);
  return `run-${random()}${random()}`;
}

function submittedLine(task: TaskView): string {
  const wait =
    task.waiting_for === null || task.waiting_for.message === "starts now"
      ? ""
      : ` It waits: ${sentence(plainLine(task.waiting_for.message))}`;
  return `Task ${task.id} is submitted: ${sentence(plainLine(task.name ?? task.title, 100))}${wait}`;
}

/** With a full stop, unless it has its own end or ends in a command, which is to be copied. */
function sentence(text: string): string {
  return /[.?!…]$|claude-worker [a-z -]+$/.test(text) ? text : `${text}.`;
}

function nextCommands(id: number): string {
  return `Next: claude-worker watch ${id} · claude-worker show ${id} · claude-worker cancel ${id}`;
}
