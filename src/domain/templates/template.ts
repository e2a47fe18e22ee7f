/** Defines templates: stored prompts with variables, and options of tasks that go with them. */
import { findExpressions } from "../prompts/expressions.ts";
import type { JsonObject } from "../text/read-json.ts";

export interface Template {
  readonly name: string;
  readonly prompt: string;
  /** Values of variables that a caller does not give. */
  readonly defaults: Readonly<Record<string, string>>;
  /** Fields of a submit, by their names in JSON: options, and perhaps the working directory. */
  readonly options: JsonObject;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface Variable {
  readonly name: string;
  /** Null: every caller gives it. */
  readonly default: string | null;
}

/** So many templates there are at most. */
export const maxTemplates = 1000;
export const maxVariables = 100;
/** Of one value. */
export const maxValueCharacters = 100_000;

/** The variables that a template's prompt names, in the order in which it names them. */
export function variablesOf({ prompt, defaults }: Pick<Template, "prompt" | "defaults">): Variable[] {
  const names = findExpressions(prompt).flatMap(({ root, path: [name] }) => (root === "vars" && name !== undefined ? [name] : []));
  return [...new Set(names)].map((name) => ({ name, default: Object.hasOwn(defaults, name) ? (defaults[name] ?? null) : null }));
}
