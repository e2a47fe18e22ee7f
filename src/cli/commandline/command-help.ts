/** The help text of one command. */
import { commonOptions } from "./command.ts";
import type { CommandSpec, OptionSpec } from "./command.ts";
import { exampleLines } from "./examples.ts";

/** @param width of the terminal. */
export function commandHelp(command: CommandSpec, width: number): string {
  const { name, alias, summary, details, arguments: words = [], runLine, examples } = command;
  const rows = (title: string, pairs: readonly [string, string][]): string[] =>
    pairs.length === 0 ? [] : ["", title, ...twoColumns(pairs, Math.min(width, 100))];
  return [
    `Usage: claude-worker ${[name, ...(command.passesWordsOn === true ? [] : ["[flags]"]), ...words.map((each) => each.name), ...(runLine === undefined ? [] : ["--", "[run]"])].join(" ")}`,
    "",
    `${summary}.${alias === undefined ? "" : ` Also: claude-worker ${alias}.`}`,
    ...(details === undefined ? [] : ["", ...wrapped(details, Math.min(width, 100))]),
    ...rows("Arguments:", [
      ...words.map((each): [string, string] => [each.name, each.description]),
      ...(runLine === undefined ? [] : [["-- [run]", runLine] as [string, string]]),
    ]),
    ...rows("Flags:", flagsOf(command).map(optionRow)),
    "",
    "Examples:",
    exampleLines(examples, "  ", width),
    "",
  ].join("\n");
}

function flagsOf({ options = [], passesWordsOn }: CommandSpec): OptionSpec[] {
  return passesWordsOn === true ? [] : [...options, ...commonOptions, { flags: "-h, --help", description: "show this help" }];
}

function optionRow({ flags, description, choices }: OptionSpec): [string, string] {
  const title = flags.startsWith("--") ? `    ${flags}` : flags;
  return [title, choices === undefined ? description : `${description}: ${choices.join(", ")}`];
}

function twoColumns(pairs: readonly [string, string][], width: number): string[] {
  const left = Math.max(...pairs.map(([title]) => title.length)) + 2;
  // A narrow terminal has no room for two columns.
  if (width - left - 2 < 30)
    return pairs.flatMap(([title, text]) => [`  ${title}`, ...wrapped(text, width - 8).map((line) => `        ${line}`)]);
  return pairs.flatMap(([title, text]) => {
    const [first = "", ...more] = wrapped(text, width - left - 2);
    return [`  ${title.padEnd(left)}${first}`, ...more.map((line) => `  ${" ".repeat(left)}${line}`)];
  });
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  // What stands in quotes is to be copied.
  for (const word of text.match(/"[^"]*"\S*|\S+/g) ?? []) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
