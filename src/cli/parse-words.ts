/** From a command's words to arguments and options. The only file that knows commander. */
import { Argument, Command as Parser, CommanderError, Option } from "commander";
import { WorkerError } from "../domain/errors.ts";
import { commonOptions } from "./command.ts";
import type { Command, OptionSpec } from "./command.ts";
import { exampleLines } from "./examples.ts";

export type Parsed =
  | { readonly words: readonly string[]; readonly options: Readonly<Record<string, unknown>> }
  | { readonly help: string };

/**
 * Reads the words after a command's name.
 * @param width of the help text. @throws WorkerError invalid_input, with the nearest flag and where to read more.
 */
export function parseWords(command: Command, given: readonly string[], width: number): Parsed {
  const written: string[] = [];
  const parser = parserOf(command, width).configureOutput({ writeOut: (text) => void written.push(text) });
  try {
    parser.parse(spread(command, given), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { help: written.join("") };
    throw new WorkerError("invalid_input", sentenceOf(error, command));
  }
  return { words: parser.args, options: parser.opts() };
}

function parserOf(command: Command, width: number): Parser {
  const parser = new Parser(`claude-worker ${command.name}`);
  parser.exitOverride().allowExcessArguments(false).helpOption("-h, --help", "show this help");
  parser.configureOutput({ writeErr: () => undefined, getOutHelpWidth: () => width });
  parser.description([`${command.summary}.`, ...(command.details === undefined ? [] : [command.details])].join("\n\n"));
  for (const { name, description } of command.arguments ?? []) parser.addArgument(new Argument(name, description));
  for (const option of [...(command.options ?? []), ...commonOptions]) parser.addOption(optionOf(option));
  parser.addHelpText("after", `\nExamples:\n${exampleLines(command.examples, "  ")}`);
  return parser;
}

function optionOf({ flags, description, choices, parse, repeat }: OptionSpec): Option {
  const option = new Option(flags, description);
  option.variadic = false; // We know better where a list ends: see `spread`.
  if (choices !== undefined) option.choices([...choices]);
  const value = parse ?? ((text: string) => text);
  if (repeat === true) {
    option.argParser((text: string, before: unknown) => [...(Array.isArray(before) ? before : []), ...[value(text)].flat()]);
  } else if (parse !== undefined) option.argParser(parse);
  return option;
}

/** `--allow Read Edit "prompt"` becomes `--allow Read --allow Edit "prompt"`. */
function spread(command: Command, given: readonly string[]): string[] {
  const lists = new Map((command.options ?? []).flatMap((option) => (option.also === undefined ? [] : [[longOf(option), option.also]])));
  const words: string[] = [];
  let list: string | null = null;
  let isFirst = false;
  for (const [index, word] of given.entries()) {
    if (word === "--") return [...words, ...given.slice(index)];
    if (lists.has(word)) [list, isFirst] = [word, true];
    else if (list !== null && !isFirst && lists.get(list)?.test(word) === true) words.push(list);
    else if (isFirst) isFirst = false;
    else list = null;
    words.push(word);
  }
  return words;
}

/** The long name of a flag: `--dir` of `-d, --dir <path>`. */
export function longOf({ flags }: OptionSpec): string {
  return /--[a-z-]+/.exec(flags)?.[0] ?? flags;
}

function sentenceOf(error: CommanderError, command: Command): string {
  const [first = "", ...more] = error.message.replace(/^error: /, "").split("\n");
  const sentence = `${first.charAt(0).toUpperCase()}${first.slice(1)}`.replace(/\.?$/, ".");
  const hints = more.map((line) => line.replace(/^\((.*)\)$/, "$1"));
  if (error.code === "commander.excessArguments" && command.name === "run") hints.push('Put the prompt in quotes: claude-worker run "…"');
  return [sentence, ...hints, `See: claude-worker ${command.name} --help`].join(" ");
}
