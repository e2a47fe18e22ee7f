/**
 * Finds what is wrong in a JSON file of Claude Code, with its line: wrong syntax, wrong types, and
 * names that stand there twice.
 */
import { cutString } from "../text/cut-json.ts";
import { jsonSource } from "../text/json-source.ts";
import type { JsonPath } from "../text/json-source.ts";
import { JsonTooDeep, parseJson } from "../text/parse-json.ts";

/** One problem that disables a settings file or a part of it. */
export interface SettingsProblem {
  /** From 1; null where the whole file is meant. */
  readonly line: number | null;
  /** A part of a sentence: `permissions.deny must be a list, not a text`. */
  readonly problem: string;
}

/** Takes one problem: where it is, and a part of a sentence. */
export type Report = (path: JsonPath, problem: string) => void;

/** The parts in which a duplicate name silently disables a rule. */
const guardedParts = new Set<unknown>(["permissions", "hooks", "sandbox", "mcpServers"]);

/**
 * Reports at most this many problems of one file, each cut in length: a hostile file could hold any
 * number.
 */
const maxProblems = 20;
const maxProblemLength = 300;

/** @returns the error of the syntax, if there is one; an empty text has one. */
export function syntaxProblems(text: string): SettingsProblem[] {
  try {
    parseJson(text);
    return [];
  } catch (error) {
    return [error instanceof JsonTooDeep ? { line: null, problem: `is ${error.message}` } : syntaxProblem(text, error as SyntaxError)];
  }
}

/**
 * Parses the text and reports what `check` finds in it, in the order of the lines.
 * @param text an empty one counts as an object without fields.
 */
export function problemsOf(text: string, check: (value: Record<string, unknown>, report: Report) => void): SettingsProblem[] {
  if (text.trim() === "") return [];
  const [problem] = syntaxProblems(text);
  if (problem !== undefined) return [problem];
  const value = parseJson(text);
  const source = jsonSource(text);
  const problems: SettingsProblem[] = [];
  const report: Report = (path, problem) => {
    if (problems.length < maxProblems) problems.push({ line: source.lineOf(path), problem: shortened(problem) });
  };
  if (kindOf(value) !== "object") report([], `the file must hold an object, not ${words[kindOf(value)]}`);
  else check(value as Record<string, unknown>, report);
  for (const { path, line } of source.duplicates) {
    if (problems.length === maxProblems) break;
    if (guardedParts.has(path[0]))
      problems.push({ line, problem: shortened(`${textOf(path)} stands there twice, and only the last one counts`) });
  }
  return problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

/** Cuts a sentence with a very long name or rule: keeps its beginning and its end. */
function shortened(problem: string): string {
  const half = maxProblemLength / 2;
  return problem.length <= maxProblemLength ? problem : `${cutString(problem, half).value} … ${problem.slice(-half)}`;
}

/** The path as text, e.g. `permissions.deny.0`; a very long path is cut. */
export function textOf(path: JsonPath): string {
  return path.map((key) => cutString(String(key), maxProblemLength).value).join(".");
}

/** The parser's own words without their position: the line is shown beside them. */
function syntaxProblem(text: string, { message }: SyntaxError): SettingsProblem {
  const why = message.replace(/(,? at position \d+|, (\.{3})?").*$/s, "").replace(/ in JSON$/, "");
  return { line: text.slice(0, errorOffset(text)).split("\n").length, problem: `is not valid JSON: ${why}` };
}

/**
 * Finds the first wrong character: the end of the shortest beginning that cannot be continued. The
 * parser's message names the place for some errors only.
 */
function errorOffset(text: string): number {
  let [good, bad] = [0, text.trimEnd().length + 1];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (canBeContinued(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

function canBeContinued(beginning: string): boolean {
  try {
    JSON.parse(beginning);
    return true;
  } catch (error) {
    const { message } = error as SyntaxError;
    const position = /at position (\d+)/.exec(message)?.[1];
    // For a string its end counts: the string is not closed there, or holds a character that is not
    // allowed.
    if (position === undefined) return message.startsWith("Unexpected end");
    return Number(position) >= beginning.length;
  }
}

/** The types of JSON values. */
export type Kind = "object" | "list" | "text" | "number" | "boolean" | "null";

const words: Readonly<Record<Kind, string>> = {
  object: "an object",
  list: "a list",
  text: "a text",
  number: "a number",
  boolean: "true or false",
  null: "null",
};

function kindOf(value: unknown): Kind {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  const types: Readonly<Record<string, Kind>> = { string: "text", number: "number", boolean: "boolean" };
  return types[typeof value] ?? "object";
}

/** Reports a value of another type. @returns whether it is there and of the type. */
export function checkType(value: unknown, path: JsonPath, wanted: Kind, report: Report): boolean {
  if (value === undefined) return false;
  if (kindOf(value) === wanted) return true;
  report(path, `${textOf(path)} must be ${words[wanted]}, not ${words[kindOf(value)]}`);
  return false;
}
