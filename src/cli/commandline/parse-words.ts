/**
 * Parses a command's words into arguments and options. Needs no library: each call of the command
 * line parses, and loading a library took a quarter of the time in which Node itself starts.
 */
import { didYouMean } from "../../domain/text/did-you-mean.ts";
import { WorkerError } from "../../domain/errors.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { commonOptions } from "./command.ts";
import type { CommandSpec, OptionSpec } from "./command.ts";
import { flagParts } from "./flags.ts";

export interface Parsed {
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  /** The words behind `--` of a command with a `runLine`; null: there is no `--`. */
  readonly behind: readonly string[] | null;
  /** `--help` is among the words: everything else is ignored then. */
  readonly wantsHelp: boolean;
}

/**
 * @param given the words after the command's name. @throws WorkerError invalid_input: what is
 * wrong, the nearest flag, where to read more.
 */
export function parseWords(command: CommandSpec, given: readonly string[]): Parsed {
  const words: string[] = [];
  const options: Record<string, unknown> = {};
  const queue = [...given];
  let behindDashes: readonly string[] = [];
  let behind: readonly string[] | null = null;
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === "--help" || word === "-h") return { words, options, behind, wantsHelp: true };
    if (word === "--" && command.runLine !== undefined) behind = queue.splice(0);
    else if (word === "--") words.push(...(behindDashes = queue.splice(0)));
    else if (word.startsWith("--")) takeLong(word);
    else if (/^-[^-\d]/.test(word)) takeShort(word);
    else words.push(word);
  }
  checkCount(command, words, behindDashes);
  return { words, options, behind, wantsHelp: false };

  function takeLong(word: string): void {
    const equals = word.indexOf("=");
    const name = equals === -1 ? word : word.slice(0, equals);
    take(optionNamed(command, name, word), name, equals === -1 ? null : word.slice(equals + 1));
  }

  /** `-n 5`, `-n5`, and switches together: `-fn5`. */
  function takeShort(word: string, whole = word): void {
    const name = word.slice(0, 2);
    const option = optionNamed(command, name, whole);
    const rest = word.slice(2);
    if (flagParts(option).value !== null) return take(option, name, rest === "" ? null : rest.replace(/^=/, ""));
    take(option, name, null);
    if (rest !== "") takeShort(`-${rest}`, whole);
  }

  function take(option: OptionSpec, name: string, inline: string | null): void {
    const { key, value } = flagParts(option);
    if (value === null) {
      if (inline !== null) throw wrong(command, `${name} takes no value.`);
      options[key] = true;
      return;
    }
    const text = inline ?? queue.shift();
    if (text === undefined || (inline === null && isFlag(command, text)))
      throw wrong(command, `${name} needs a value: ${name} <${value}>.`);
    set(option, name, text);
    if (option.also !== undefined) while (option.also.test(queue[0] ?? "")) set(option, name, queue.shift() ?? "");
  }

  function set(option: OptionSpec, name: string, text: string): void {
    const { key } = flagParts(option);
    if (option.choices !== undefined && !option.choices.includes(text)) throw notAChoice(command, name, text, option.choices);
    const value = option.parse === undefined ? text : option.parse(text);
    options[key] = option.repeat === true ? [...((options[key] as unknown[] | undefined) ?? []), ...[value].flat()] : value;
  }
}

/** The command's options and those that every command has. */
function optionsOf(command: CommandSpec): readonly OptionSpec[] {
  return [...(command.options ?? []), ...commonOptions];
}

/** @param word as given: what the flag was read from. */
function optionNamed(command: CommandSpec, name: string, word: string): OptionSpec {
  const found = optionsOf(command).find((option) => flagParts(option).long === name || flagParts(option).short === name);
  if (found !== undefined) return found;
  const near = didYouMean(name, [...optionsOf(command).map((option) => flagParts(option).long), "--help"]);
  throw wrong(
    command,
    `Unknown flag ${plainLine(name, 40)}.${near === null ? "" : ` Did you mean ${near}?`}${near === null || /\s/.test(word) ? asText(command, word) : ""}`,
  );
}

/** How to give a text that begins with a dash, where the command takes a text. */
function asText(command: CommandSpec, word: string): string {
  if (command.runLine !== undefined) return " Flags of run stand behind --, with the prompt.";
  const argument = command.arguments?.find(({ isText }) => isText === true);
  if (argument === undefined) return "";
  // Only a text that a shell reads unchanged between double quotes.
  const text = word.length <= 80 && !/["$`\\!\p{Cc}]/u.test(word) ? word : "-…";
  return ` If it is the ${argument.name.slice(1, -1).replace("...", "")}, put -- before it, behind the flags: claude-worker ${command.name} -- "${text}"`;
}

function isFlag(command: CommandSpec, text: string): boolean {
  return optionsOf(command).some((option) => [flagParts(option).long, flagParts(option).short].includes(text));
}

/** @param behindDashes those of the words that stood behind `--`. */
function checkCount(command: CommandSpec, words: readonly string[], behindDashes: readonly string[]): void {
  const specs = command.arguments ?? [];
  const missing = specs.filter(({ name }) => name.startsWith("<"))[words.length];
  if (missing !== undefined) throw wrong(command, `The ${missing.name.replace("...", "")} is missing.`);
  if (words.length <= specs.length || specs.at(-1)?.name.includes("...") === true) return;
  const extra = words[specs.length] ?? "";
  if (extra.startsWith("-") && behindDashes.includes(extra))
    throw wrong(command, `Behind -- no flag is read, so "${plainLine(extra, 40)}" is one word too many. Flags stand before the --.`);
  if (command.runLine !== undefined)
    throw wrong(command, `"${plainLine(extra, 40)}" is one word too many. The prompt and the options of run stand behind --, at the end.`);
  const hint = command.name === "run" ? ' Put the prompt in quotes: claude-worker run "…"' : "";
  throw wrong(command, `"${extra}" is one word too many.${hint}`);
}

function notAChoice(command: CommandSpec, name: string, text: string, choices: readonly string[]): WorkerError {
  const near = didYouMean(text, choices);
  const hint = near === null ? `Choose one of ${choices.join(", ")}.` : `Did you mean "${near}"?`;
  return wrong(command, `"${text}" is not a value of ${name}. ${hint}`);
}

function wrong({ name }: CommandSpec, sentence: string): WorkerError {
  return new WorkerError("invalid_input", `${sentence}${/[.?!]$/.test(sentence) ? "" : " ·"} See: claude-worker ${name} --help`);
}
