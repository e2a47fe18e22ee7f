/**
 * Says how callers write the commands that verify a task's work: `npm test`, `@unit npm test` (the
 * command with a name), or `@unit` (a command that the repository or the settings name).
 */
import { plainLine } from "../text/plain-text.ts";

/** A shell command that decides whether the work is done. */
export interface VerifyCommand {
  /** Unique within the task. */
  readonly name: string;
  readonly command: string;
}

/** What a caller wrote. At least one of the two is there. */
export interface WrittenCommand {
  /** Null: the caller gave none. */
  readonly name: string | null;
  /** Null: the name stands for a command. */
  readonly command: string | null;
}

/** Names that stand for several commands, or for none. */
export const verifyWords = {
  /** What the repository runs by default. */
  default: "@default",
  /** No command, whatever the settings and the repository say. */
  none: "@none",
} as const;

/** Longest command, in characters. */
export const maxVerifyCharacters = 2_000;
/** Most commands of one task. */
export const maxVerifyCommands = 20;

const nameShape = /^[A-Za-z0-9][\w.-]{0,62}$/;
const written = /^@(\S+)(?:\s+(\S[\s\S]*))?$/;
/** How much of a command is its name, where it has no other. */
const shownCharacters = 60;

/** What is wrong with a text, as the end of a sentence, and what to do; null: nothing. */
export function verifyProblem(text: string): string | null {
  if (text.trim() === "") return "is empty. Give a command like `npm test`, or a name like `@test`";
  const match = written.exec(text.trim());
  if (match === null) return text.trim().startsWith("@") ? "names nothing: a name follows the @, like `@test`" : null;
  const [, name = "", command] = match;
  if (!nameShape.test(name)) return "begins with a name of other characters than letters, digits, `.`, `_` and `-`";
  const isWord = `@${name}` === verifyWords.default || `@${name}` === verifyWords.none;
  return isWord && command !== undefined ? `gives a command to @${name}, which has a meaning of its own. Take another name` : null;
}

/**
 * What is wrong with a text that stands for one command, as a part of a sentence; null: nothing.
 */
export function oneCommandProblem(text: string): string | null {
  const problem = text.trim() === verifyWords.default ? "stands for several commands. Name one of them" : verifyProblem(text);
  return problem === null ? null : `the command ${text} ${problem}`;
}

/** A text without a problem, in its parts. */
export function readVerify(text: string): WrittenCommand {
  const [, name, command] = written.exec(text.trim()) ?? [];
  return name === undefined ? { name: null, command: text.trim() } : { name, command: command ?? null };
}

/** How a task stores a command. */
export function writeVerify({ name, command }: { readonly name: string | null; readonly command: string }): string {
  return name === null ? command : `@${name} ${command}`;
}

/** Whether a name can be given to a command. */
export function isVerifyName(name: string): boolean {
  return nameShape.test(name) && `@${name}` !== verifyWords.default && `@${name}` !== verifyWords.none;
}

/** The commands of a task, as it stores them. Those without a name go by their text. */
export function verifyCommands(stored: readonly string[]): VerifyCommand[] {
  const taken = new Set<string>();
  return stored.map((text) => {
    const { name, command } = readVerify(text);
    const wanted = name ?? plainLine(command ?? text, shownCharacters);
    let free = wanted;
    for (let count = 2; taken.has(free); count += 1) free = `${wanted} ${count}`;
    taken.add(free);
    return { name: free, command: command ?? text };
  });
}
