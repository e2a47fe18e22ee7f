/**
 * Evaluates one expression. The only file that knows the template library: no tags, no includes, no
 * code, only the filters of this file, and limits on what they make.
 */
import { Liquid } from "liquidjs";
import { WorkerError } from "../../domain/errors.ts";
import { maxMatrix } from "../../domain/workflows/workflow.ts";

/** Numbers in the ranges, `(1..5)`, of one expression: as many as a matrix has at most. */
const maxInRanges = maxMatrix;
const maxParsed = 10_000;
/** Characters of a text that a filter makes: a few filters could fill the memory. */
const maxFiltered = 1_000_000;

const engine = new Liquid({
  cache: false,
  ownPropertyOnly: true,
  strictFilters: true,
  jsTruthy: false,
  templates: {},
  parseLimit: maxParsed,
  // Only ranges count, because the filters are our own.
  memoryLimit: maxInRanges,
});

/** What filters there are: each returns a new value and reads nothing else. */
export const filters: Readonly<Record<string, (value: unknown, argument?: unknown) => unknown>> = {
  default: (value, other) => (isEmpty(value) ? other : value),
  json: (value) => bounded(JSON.stringify(value)),
  join: (value, between = ", ") => (Array.isArray(value) ? joined(value.map(String), String(between)) : value),
  first: (value) => (Array.isArray(value) ? (value[0] as unknown) : value),
  last: (value) => (Array.isArray(value) ? (value.at(-1) as unknown) : value),
  size: (value) => (Array.isArray(value) || typeof value === "string" ? value.length : 0),
  trim: (value) => (typeof value === "string" ? value.trim() : value),
};
for (const name of Object.keys(engine.filters)) delete engine.filters[name];
for (const [name, filter] of Object.entries(filters)) engine.registerFilter(name, filter);

function joined(texts: readonly string[], between: string): string {
  const length = texts.reduce((sum, text) => sum + text.length + between.length, 0);
  if (length > maxFiltered + between.length) throw tooLong();
  return texts.join(between);
}

function bounded(text: string | undefined): string | undefined {
  if (text !== undefined && text.length > maxFiltered) throw tooLong();
  return text;
}

const tooLong = (): Error => new Error(`a filter makes a text of more than ${maxFiltered.toLocaleString("en")} characters`);

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

/**
 * The value of an expression; undefined: there is none.
 * @param source what stands between the braces, or a condition.
 * @throws WorkerError invalid_input: it cannot be read.
 */
export function evaluate(source: string, values: object): unknown {
  try {
    const value: unknown = engine.evalValueSync(source, { ...values });
    return value ?? undefined;
  } catch (error) {
    throw unreadable(source, error);
  }
}

/** Whether a condition holds: false, null, an empty text and an empty list do not. */
export function holds(condition: string, values: object): boolean {
  const value = evaluate(condition, values);
  return value !== false && !isEmpty(value);
}

/** @throws WorkerError invalid_input: the expression cannot be read. */
export function requireReadable(source: string): void {
  try {
    engine.parse(`{{ ${source} }}`);
  } catch (error) {
    throw unreadable(source, error);
  }
}

function unreadable(source: string, error: unknown): WorkerError {
  const [first = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  const reason = first
    .replace(/, line:\d+, col:\d+$/, "")
    .replace(/^memory alloc limit exceeded$/, `its ranges have more than ${maxInRanges} numbers`);
  return new WorkerError("invalid_input", `The expression {{ ${source} }} cannot be read: ${reason}.${hintFor(source, reason)}`);
}

/** What people write who know other languages. */
function hintFor(source: string, reason: string): string {
  // Texts in quotes may hold any word.
  const bare = source.replaceAll(/"[^"]*"|'[^']*'/g, "");
  if (reason.startsWith("undefined filter")) return ` Filters are ${Object.keys(filters).join(", ")}.`;
  if (/\b(?:success|failure|always|cancelled)\s*\(\)/.test(bare))
    return " How a task ended is said in needs: [{ task: KEY, on: failed }], or on: ended.";
  if (reason.startsWith("its ranges")) return "";
  if (/&&|\|\||!(?!=)/.test(bare)) return " Write and, or, not.";
  return bare.includes("(") ? " There are no functions and parentheses: compare with ==, !=, <, > and contains." : "";
}
