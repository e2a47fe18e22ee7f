/** The flags that say how a task is to run: of `run`, and of `retry`, which changes them. */
import type { RetryInput } from "../contract/retry-input.ts";
import { permissionModes } from "../domain/task.ts";
import type { PermissionMode } from "../domain/task.ts";
import type { OptionSpec } from "./command.ts";
import { duration, label, money, nonEmpty, wholeNumber } from "./option-values.ts";

export interface TaskOptions {
  readonly dir?: string;
  readonly system?: string;
  readonly model?: string;
  readonly name?: string;
  readonly permissionMode?: PermissionMode;
  readonly allow?: string[];
  readonly deny?: string[];
  readonly maxTurns?: number;
  readonly maxBudgetUsd?: number;
  readonly timeout?: number;
  readonly stallTimeout?: number;
  readonly backgroundGrace?: number;
  readonly retries?: number;
  readonly ignoreBrokenSettings?: boolean;
  readonly priority?: number;
  readonly group?: string;
  readonly label?: [string, string][];
}

/** A permission rule: `Read`, `Bash(npm test)`, `mcp__github__search`. */
const rule = /^(?:[A-Z]\w*(?:\(.*\))?|mcp__\w+)$/s;

export const taskOptions: readonly OptionSpec[] = [
  {
    flags: "-d, --dir <path>",
    description: "directory to work in (default: the current one)",
    parse: nonEmpty("--dir"),
    completes: "directories",
  },
  { flags: "-s, --system <text>", description: "text that is appended to Claude Code's own system prompt" },
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
    flags: "--stall-timeout <duration>",
    description: "stop after this long without any sign of life, e.g. 10m",
    parse: duration("--stall-timeout", { min: "1s", max: "30d" }),
  },
  {
    flags: "--background-grace <duration>",
    description: "wait this long for commands left in the background (default: 5m)",
    parse: duration("--background-grace", { min: "0s", max: "7d" }),
  },
  {
    flags: "--retries <n>",
    description: "extra tries when the agent itself fails",
    parse: wholeNumber("--retries", { min: 0, max: 100 }),
  },
  {
    flags: "--ignore-broken-settings",
    description: "run also where a settings file of Claude Code is broken: its rules and hooks are then out of force",
  },
  {
    flags: "--priority <n>",
    description: "higher starts earlier (default: 0)",
    parse: wholeNumber("--priority", { min: -1000, max: 1000 }),
  },
  { flags: "--group <name>", description: "the lane that the task waits in (default: default)" },
  { flags: "--label <key=value>", description: "a label; may be given several times", parse: label, repeat: true },
];

/** The fields of a request's body that the flags give; without the directory, which depends on where the call is made. */
export function taskFields(options: TaskOptions): RetryInput {
  return defined({
    name: options.name,
    system_prompt: options.system,
    model: options.model,
    permission_mode: options.permissionMode,
    allow: options.allow,
    deny: options.deny,
    max_turns: options.maxTurns,
    max_budget_usd: options.maxBudgetUsd,
    timeout_ms: options.timeout,
    stall_timeout_ms: options.stallTimeout,
    background_grace_ms: options.backgroundGrace,
    retries: options.retries,
    ignore_broken_settings: options.ignoreBrokenSettings,
    priority: options.priority,
    group: options.group,
    labels: options.label === undefined ? undefined : Object.fromEntries(options.label),
  });
}

/** The fields that have a value. */
export function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
