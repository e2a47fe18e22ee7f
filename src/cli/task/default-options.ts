/** The options that a group has as defaults of its tasks: their flags, and how they are shown. */
import type { GroupChange } from "../../contract/operations/groups.ts";
import type { GroupView } from "../../contract/views/group.ts";
import { WorkerError } from "../../domain/errors.ts";
import { didYouMean } from "../../domain/text/did-you-mean.ts";
import { optionRows } from "../../domain/task/option-values.ts";
import type { OptionSpec } from "../commandline/command.ts";
import { flagParts } from "../commandline/flags.ts";
import type { Io } from "../terminal/io.ts";
import { textOf } from "../terminal/render/option-facts.ts";
import { taskFields, taskFlags } from "./task-flags.ts";
import type { TaskFlags } from "./task-flags.ts";

/** What a group cannot say for its tasks. */
const notOfGroup: ReadonlySet<string> = new Set(["--dir", "--group", "--file"]);
const rows = optionRows.filter(({ name }) => name !== "group" && name !== "attachments");

export const defaultFlags: readonly OptionSpec[] = [
  ...taskFlags.filter((flag) => !notOfGroup.has(flagParts(flag).long)),
  {
    flags: "--unset <option>",
    description: "an option that the group says nothing of any more, e.g. model; may be given several times",
    parse: optionName,
    repeat: true,
    completes: rows.map(({ flag }) => wordOf(flag.spelled)),
  },
];

export interface DefaultFlags extends Omit<TaskFlags, "dir" | "group"> {
  /** Names of options. */
  readonly unset?: readonly string[];
}

/** The change of a group's defaults that the flags give; undefined: none. */
export async function defaultsFrom(options: DefaultFlags, io: Pick<Io, "cwd">): Promise<GroupChange["defaults"]> {
  const unset = Object.fromEntries((options.unset ?? []).map((name) => [name, null]));
  const set = await taskFields(options, io);
  const twice = Object.keys(set).find((name) => Object.hasOwn(unset, name));
  if (twice !== undefined) throw new WorkerError("invalid_input", `${twice} is set and unset at once. Leave one of them out.`);
  const change = { ...unset, ...set };
  return Object.keys(change).length === 0 ? undefined : change;
}

/** A line for each default: its flag and its value. */
export function defaultLines(defaults: GroupView["defaults"]): string[] {
  const values = defaults as Readonly<Record<string, unknown>>;
  return rows.flatMap((row) => {
    const value = values[row.name];
    return value === undefined ? [] : [`  ${flagParts({ flags: row.flag.spelled, description: "" }).long} ${textOf(row, value)}`];
  });
}

/** `max-turns` of `--max-turns <n>`. */
function wordOf(spelled: string): string {
  return flagParts({ flags: spelled, description: "" }).long.slice(2);
}

/** The name of an option of `max-turns`, `--max-turns` or `max_turns`. */
function optionName(text: string): string {
  const word = text.replace(/^--/, "").replaceAll("_", "-");
  const found = rows.find(({ name, flag }) => name.replaceAll("_", "-") === word || wordOf(flag.spelled) === word);
  if (found !== undefined) return found.name;
  const near = didYouMean(
    word,
    rows.map(({ flag }) => wordOf(flag.spelled)),
  );
  throw new WorkerError("invalid_input", `There is no option ${text} of tasks.${near === null ? "" : ` Did you mean ${near}?`}`);
}
