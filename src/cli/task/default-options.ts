/** The options that a group has as defaults of its tasks: their flags, and how they are shown. */
import type { GroupChange } from "../../contract/operations/groups.ts";
import type { GroupView } from "../../contract/views/group.ts";
import type { OptionSpec } from "../commandline/command.ts";
import { flagParts } from "../commandline/flags.ts";
import type { Io } from "../terminal/io.ts";
import { textOf } from "../terminal/render/option-facts.ts";
import { taskFields, taskFlags } from "./task-flags.ts";
import type { TaskFlags } from "./task-flags.ts";
import { unsetFlag, unsettable, withUnset } from "./unset-options.ts";

/** What a group cannot say for its tasks. */
const notOfGroup: ReadonlySet<string> = new Set(["--dir", "--group", "--file"]);

export const defaultFlags: readonly OptionSpec[] = [
  ...taskFlags.filter((flag) => !notOfGroup.has(flagParts(flag).long)),
  unsetFlag("an option that the group says nothing of any more, e.g. model"),
];

export interface DefaultFlags extends Omit<TaskFlags, "dir" | "group"> {
  /** Names of options. */
  readonly unset?: readonly string[];
}

/** The change of a group's defaults that the flags give; undefined: none. */
export async function defaultsFrom(options: DefaultFlags, io: Pick<Io, "cwd">): Promise<GroupChange["defaults"]> {
  const change = withUnset(await taskFields(options, io), options.unset);
  return Object.keys(change).length === 0 ? undefined : change;
}

/** A line for each default: its flag and its value. */
export function defaultLines(defaults: GroupView["defaults"]): string[] {
  const values = defaults as Readonly<Record<string, unknown>>;
  return unsettable.flatMap((row) => {
    const value = values[row.name];
    return value === undefined ? [] : [`  ${flagParts({ flags: row.flag.spelled, description: "" }).long} ${textOf(row, value)}`];
  });
}
