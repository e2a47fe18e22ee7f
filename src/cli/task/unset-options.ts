/** The flag `--unset`, which takes the value of an option away. */
import { WorkerError } from "../../domain/errors.ts";
import { optionRows } from "../../domain/task/option-values.ts";
import { didYouMean } from "../../domain/text/did-you-mean.ts";
import type { OptionSpec } from "../commandline/command.ts";
import { flagParts } from "../commandline/flags.ts";

/** The options whose value can be taken away: a task is always in a group. */
export const unsettable = optionRows.filter(({ name }) => name !== "group" && name !== "attachments");

/** @param more other fields that it takes away, by their names in JSON. */
export function unsetFlag(description: string, more: readonly string[] = []): OptionSpec {
  const words = [...unsettable.map(({ flag }) => wordOf(flag.spelled)), ...more.map(dashed)];
  return {
    flags: "--unset <option>",
    description: `${description}; may be given several times`,
    parse: (text) => optionName(text, more, words),
    repeat: true,
    completes: words,
  };
}

/**
 * The change of options, with null for those that lose their value.
 * @throws WorkerError invalid_input: an option is named twice.
 */
export function withUnset<T extends object>(set: T, unset: readonly string[] = []): T {
  const twice = unset.find((name) => Object.hasOwn(set, name));
  if (twice !== undefined) throw new WorkerError("invalid_input", `${twice} is set and unset at once. Leave one of them out.`);
  return { ...Object.fromEntries(unset.map((name) => [name, null])), ...set };
}

/** `max-turns` of `--max-turns <n>`. */
function wordOf(spelled: string): string {
  return flagParts({ flags: spelled, description: "" }).long.slice(2);
}

function dashed(name: string): string {
  return name.replaceAll("_", "-");
}

/** The name of an option of `max-turns`, `--max-turns` or `max_turns`. */
function optionName(text: string, more: readonly string[], words: readonly string[]): string {
  const word = dashed(text.replace(/^--/, ""));
  const other = more.find((name) => dashed(name) === word);
  const found = unsettable.find(({ name, flag }) => dashed(name) === word || wordOf(flag.spelled) === word);
  if (other !== undefined || found !== undefined) return other ?? found?.name ?? "";
  const near = didYouMean(word, words);
  throw new WorkerError("invalid_input", `There is no option ${text} of tasks.${near === null ? "" : ` Did you mean ${near}?`}`);
}
