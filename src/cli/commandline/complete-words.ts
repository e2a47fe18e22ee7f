/**
 * Computes from the command table which words may stand at the cursor. The completion scripts call
 * it.
 */
import type { CommandSpec, Completion, OptionSpec } from "./command.ts";
import { commonOptions } from "./command.ts";
import { flagParts } from "./flags.ts";

export interface Candidate {
  readonly word: string;
  readonly description: string;
}

export interface Completions {
  readonly candidates: readonly Candidate[];
  /** What the shell is to add by itself. */
  readonly also: "files" | "directories" | null;
}

/** Looks ids up where the server answers quickly; empty where not. */
export type TaskCandidates = () => Promise<Candidate[]>;

/**
 * @param words what stands after the program's name, up to the cursor; the last one is unfinished
 * and may be empty.
 */
export async function completeWords(
  words: readonly string[],
  commands: readonly CommandSpec[],
  tasks: TaskCandidates,
): Promise<Completions> {
  const partial = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const shown = commands.filter(({ hidden }) => hidden !== true);
  const command = shown.find(({ name, alias }) => [name, alias].some((each) => each !== undefined && isBeginning(each, before)));
  const dashes = command?.runLine === undefined ? -1 : before.indexOf("--");
  if (dashes !== -1) return await completeWords(["run", ...words.slice(dashes + 1)], commands, tasks);
  const found = command === undefined ? names(shown, before) : await inCommand(command, before, partial, tasks);
  return { ...found, candidates: found.candidates.filter(({ word }) => word.startsWith(partial)) };
}

function isBeginning(name: string, words: readonly string[]): boolean {
  return name.split(" ").every((part, index) => words[index] === part);
}

/** Names of commands, or the second words of a group. */
function names(commands: readonly CommandSpec[], before: readonly string[]): Completions {
  const [group] = before;
  if (before.length > 1) return { candidates: [], also: null };
  const all = commands.flatMap(({ name, alias, summary }) =>
    [name, ...(alias === undefined ? [] : [alias])].map((each) => ({ parts: each.split(" "), description: summary })),
  );
  const fitting = group === undefined || group === "help" ? all : all.filter(({ parts }) => parts.length > 1 && parts[0] === group);
  const position = group === undefined || group === "help" ? 0 : 1;
  const candidates = new Map(
    fitting.map(({ parts, description }) => [parts[position] ?? "", parts.length > position + 1 ? "" : description]),
  );
  if (group === undefined) candidates.set("help", "Show help for a command");
  return { candidates: [...candidates].map(([word, description]) => ({ word, description })), also: null };
}

async function inCommand(command: CommandSpec, before: readonly string[], partial: string, tasks: TaskCandidates): Promise<Completions> {
  const options = [...(command.options ?? []), ...commonOptions, { flags: "-h, --help", description: "show help" }];
  const given = before.slice(command.name.split(" ").length);
  const last = options.find((option) => takesValue(option) && namesOf(option).includes(given.at(-1) ?? ""));
  if (last !== undefined) return await ofKind(last.choices ?? last.completes, tasks);
  if (partial.startsWith("-")) {
    return { candidates: options.map((option) => ({ word: namesOf(option).at(-1) ?? "", description: option.description })), also: null };
  }
  const position = wordsIn(given, options).length;
  const specs = command.arguments ?? [];
  const argument = specs[position] ?? (specs.at(-1)?.name.includes("...") === true ? specs.at(-1) : undefined);
  return await ofKind(argument?.completes, tasks);
}

async function ofKind(kind: Completion | undefined, tasks: TaskCandidates): Promise<Completions> {
  if (kind === undefined) return { candidates: [], also: null };
  if (kind === "tasks") return { candidates: await tasks(), also: null };
  if (kind === "files" || kind === "directories") return { candidates: [], also: kind };
  return { candidates: kind.map((word) => ({ word, description: "" })), also: null };
}

/** The words that are arguments: neither flags nor their values. */
function wordsIn(given: readonly string[], options: readonly OptionSpec[]): string[] {
  return given.filter((word, index) => {
    const previous = given[index - 1];
    const isValue = options.some((option) => takesValue(option) && previous !== undefined && namesOf(option).includes(previous));
    return !isValue && !word.startsWith("-");
  });
}

function takesValue(option: OptionSpec): boolean {
  return flagParts(option).value !== null;
}

/** `-d` and `--dir`. */
function namesOf(option: OptionSpec): string[] {
  const { short, long } = flagParts(option);
  return short === null ? [long] : [short, long];
}
