/**
 * The flags that say how a task is to run: of `run`, and of `retry`, which changes them. All but
 * the directory are rows of the table of options.
 */
import type { TaskInput } from "../../contract/task-input.ts";
import { WorkerError } from "../../domain/errors.ts";
import { typedDuration } from "../../domain/text/duration.ts";
import type { OptionRow } from "../../domain/task/option.ts";
import { optionRows } from "../../domain/task/option-values.ts";
import type { OptionName } from "../../domain/task/options.ts";
import type { OptionSpec } from "../commandline/command.ts";
import { flagParts } from "../commandline/flags.ts";
import type { Io } from "../terminal/io.ts";
import { pathGiven } from "../commandline/path-given.ts";
import { duration, label, money, nonEmpty, wholeNumber } from "../commandline/option-values.ts";

/** The flags that a command reads by itself; the others are read by `taskFields`. */
export interface TaskFlags {
  readonly dir?: string;
  readonly group?: string;
  readonly label?: [string, string][];
}

/** A permission rule: `Read`, `Bash(npm test)`, `mcp__github__search`. */
const rule = /^(?:[A-Z]\w*(?:\(.*\))?|mcp__\w+)$/s;

export const taskFlags: readonly OptionSpec[] = [
  {
    flags: "-d, --dir <path>",
    description: "directory to work in (default: the current one)",
    parse: nonEmpty("--dir"),
    completes: "directories",
  },
  ...optionRows.flatMap((row) => [specOf(row), ...shortsOf(row)]),
];

/** The flag of one option, for a command that takes few of them. */
export function flagOf(name: OptionName): OptionSpec {
  const row = optionRows.find((each) => each.name === name);
  if (row === undefined) throw new TypeError(`no option ${name}`);
  return specOf(row);
}

function specOf(row: OptionRow): OptionSpec {
  const { spelled, help, completes } = row.flag;
  const common = { flags: spelled, description: help, ...(completes === undefined ? {} : { completes }) };
  const { long } = flagParts(common);
  switch (row.kind) {
    case "text":
    case "switch":
      return common;
    case "choice":
      return { ...common, choices: row.choices };
    case "rules":
      return { ...common, repeat: true, also: rule };
    case "commands":
    case "patterns":
    case "hosts":
    case "names":
      return { ...common, parse: nonEmpty(long), repeat: true };
    case "directories":
      return { ...common, parse: nonEmpty(long), repeat: true, completes: "directories" };
    case "attachments":
      return { ...common, parse: nonEmpty(long), repeat: true, completes: "files" };
    case "json":
      return { ...common, parse: nonEmpty(long), completes: "files", ...(row.form === "mcp" ? { repeat: true } : {}) };
    case "schema":
      return { ...common, parse: nonEmpty(long), completes: "files" };
    case "integer":
      return { ...common, parse: wholeNumber(long, row) };
    case "money":
      return { ...common, parse: money(long) };
    case "duration":
      return { ...common, parse: duration(long, { min: typedDuration(row.min), max: typedDuration(row.max) }) };
    case "labels":
      return { ...common, parse: label, repeat: true };
  }
}

/** The flags that stand for one of the option's values each. */
function shortsOf({ flag: { shorts = [] } }: OptionRow): OptionSpec[] {
  return shorts.map(({ spelled, help }) => ({ flags: spelled, description: help }));
}

/** @throws WorkerError invalid_input: several flags are given, with different values. */
function givenOf(row: OptionRow, given: Readonly<Record<string, unknown>>): unknown {
  const { shorts = [] } = row.flag;
  const value = given[keyOf(row)];
  const named = shorts.filter(({ spelled }) => given[flagParts({ flags: spelled, description: "" }).key] === true);
  const said = [...named.map((each) => each.spelled), ...(value === undefined ? [] : [`${longOf(row)} ${String(value)}`])];
  const values = new Set([...named.map((each) => each.value), ...(value === undefined ? [] : [value])]);
  if (values.size > 1) throw new WorkerError("invalid_input", `${said.join(" and ")} contradict each other. Give one of them.`);
  return [...values][0];
}

/** The fields of a request's body that the flags give, but for the working directory. */
export async function taskFields(options: TaskFlags, io: Pick<Io, "cwd">): Promise<Partial<Pick<TaskInput, OptionName>>> {
  const given = options as Readonly<Record<string, unknown>>;
  const fields = optionRows.map(async (row) => [row.name, await valueOf(row, givenOf(row, given), io)] as const);
  return defined(Object.fromEntries(await Promise.all(fields)));
}

function keyOf({ flag }: OptionRow): string {
  return flagParts({ flags: flag.spelled, description: "" }).key;
}

function longOf({ flag }: OptionRow): string {
  return flagParts({ flags: flag.spelled, description: "" }).long;
}

async function valueOf(row: OptionRow, value: unknown, io: Pick<Io, "cwd">): Promise<unknown> {
  if (value === undefined) return undefined;
  if (row.kind === "json" || row.kind === "schema") {
    // Few calls read files.
    const { jsonGiven } = await import("./json-flag.ts");
    const form = row.kind === "schema" ? "schema" : row.form;
    return jsonGiven({ flag: longOf(row), form }, [value].flat() as string[], io);
  }
  if (row.kind === "attachments") {
    const { attachmentsGiven } = await import("./attachment-flag.ts");
    return attachmentsGiven(longOf(row), value as string[], io);
  }
  if (row.kind === "labels") return Object.fromEntries(value as [string, string][]);
  return row.kind === "directories" ? (value as string[]).map((path) => pathGiven(io, path)) : value;
}

/** The fields that have a value. */
export function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
