/**
 * Evaluates one expression. The only file that knows the template library: no tags, no includes, no
 * code, only the filters of this file, and limits on time and memory.
 */
import { Liquid } from "liquidjs";
import { WorkerError } from "../../domain/errors.ts";

const maxMs = 200;
const maxMemory = 20_000_000;
const maxParsed = 10_000;

const engine = new Liquid({
  cache: false,
  ownPropertyOnly: true,
  strictFilters: true,
  jsTruthy: false,
  templates: {},
  parseLimit: maxParsed,
  renderLimit: maxMs,
  memoryLimit: maxMemory,
});

/** What filters there are: each returns a new value and reads nothing else. */
export const filters: Readonly<Record<string, (value: unknown, argument?: unknown) => unknown>> = {
  default: (value, other) => (isEmpty(value) ? other : value),
  json: (value) => JSON.stringify(value),
  join: (value, between = ", ") => (Array.isArray(value) ? value.map(String).join(String(between)) : value),
  first: (value) => (Array.isArray(value) ? (value[0] as unknown) : value),
  last: (value) => (Array.isArray(value) ? (value.at(-1) as unknown) : value),
  size: (value) => (Array.isArray(value) || typeof value === "string" ? value.length : 0),
  trim: (value) => (typeof value === "string" ? value.trim() : value),
};
for (const name of Object.keys(engine.filters)) delete engine.filters[name];
for (const [name, filter] of Object.entries(filters)) engine.registerFilter(name, filter);

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
  const reason = first.replace(/, line:\d+, col:\d+$/, "");
  return new WorkerError("invalid_input", `The expression {{ ${source} }} cannot be read: ${reason}.${hintFor(source, reason)}`);
}

/** What people write who know other languages. */
function hintFor(source: string, reason: string): string {
  // Texts in quotes may hold any word.
  const bare = source.replaceAll(/"[^"]*"|'[^']*'/g, "");
  if (reason.startsWith("undefined filter")) return ` Filters are ${Object.keys(filters).join(", ")}.`;
  if (/\b(?:success|failure|always|cancelled)\s*\(\)/.test(bare))
    return " How a task ended is said in needs: [{ task: KEY, on: failed }], or on: ended.";
  if (/&&|\|\||!(?!=)/.test(bare)) return " Write and, or, not.";
  return bare.includes("(") ? " There are no functions and parentheses: compare with ==, !=, <, > and contains." : "";
}
