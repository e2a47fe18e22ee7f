/** Checks at a submit that a prompt's expressions name values that there will be. */
import { findExpressions } from "../../domain/prompts/expressions.ts";
import type { Expression } from "../../domain/prompts/expressions.ts";
import { taskFields, workspaceFields } from "../../domain/prompts/given-values.ts";
import type { GivenValues } from "../../domain/prompts/given-values.ts";
import { didYouMean } from "../../domain/text/did-you-mean.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { Store } from "../../store/store.ts";
import { requireReadable } from "./evaluate.ts";

export interface CheckedPrompt {
  readonly prompt: string;
  readonly literalFrom: number | null;
  readonly given: GivenValues;
  /** The tasks that it runs after. */
  readonly runsAfter: readonly number[];
  /** Whether a task returns a structured result. */
  readonly returnsStructured: (taskId: number) => boolean;
  /** Where the prompt stands in the input, e.g. `/tasks/3/prompt`. */
  readonly pointer: string;
}

/** What is filled in is found and evaluated while the server does nothing else. */
const maxExpressions = 1000;

/** Whether a stored task has a JSON Schema for its answer. */
export function hasSchema(store: Store, taskId: number): boolean {
  return store.tasks.longOptions(taskId)?.jsonSchema != null;
}

/** @returns whether there is something to fill in. @throws WorkerError invalid_input. */
export function checkPrompt(checked: CheckedPrompt): boolean {
  const expressions = findExpressions(checked.prompt, checked.literalFrom ?? checked.prompt.length);
  if (expressions.length > maxExpressions) {
    const detail = `has ${expressions.length} expressions in {{ }}, and at most ${maxExpressions} are filled in`;
    throw new WorkerError("invalid_input", `The prompt ${detail}.`, [{ pointer: checked.pointer, detail }]);
  }
  for (const expression of expressions) {
    requireReadable(expression.source);
    const detail = problemOf(checked, expression);
    if (detail === null) continue;
    const text = `{{ ${expression.source} }} ${detail}`;
    throw new WorkerError("invalid_input", `In the prompt, ${text}${text.endsWith("?") ? "" : "."}`, [
      { pointer: checked.pointer, detail: text },
    ]);
  }
  return expressions.length > 0;
}

/** What is wrong with an expression, as the end of a sentence; null: nothing. */
export function problemOf(
  { given, runsAfter, returnsStructured }: Omit<CheckedPrompt, "prompt" | "literalFrom" | "pointer">,
  { source, root, path }: Omit<Expression, "start" | "end">,
): string | null {
  const [name, field, part] = path;
  if (root === "inputs" || root === "vars" || root === "matrix") {
    if (name === undefined || /\|\s*default\b/.test(source)) return null;
    return Object.hasOwn(given[root] ?? {}, name) ? null : unknownValue(root, name, Object.keys(given[root] ?? {}));
  }
  if (name === undefined) return `names no task: write ${root === "tasks" ? "{{ tasks.41.result }}" : "{{ needs.NAME.result }}"}`;
  const id = root === "tasks" ? Number(name) : given.needs[name];
  if (id === undefined) return unknownNeed(name, Object.keys(given.needs));
  if (!runsAfter.includes(id)) return `names task ${name}, and the task does not run after it. Add it: --after ${name}, or depends_on`;
  if (field === undefined) return `does not say what of the task: ${taskFields.join(", ")}`;
  if (!(taskFields as readonly string[]).includes(field)) return `names "${field}", which tasks do not have${meant(field, taskFields)}`;
  if (field === "workspace" && part !== undefined && !(workspaceFields as readonly string[]).includes(part))
    return `names "${part}", which workspaces do not have${meant(part, workspaceFields)}`;
  if (field !== "structured_result" || /\|\s*default\b/.test(source) || returnsStructured(id)) return null;
  return `names an answer of task ${name} that has a schema, and that task has no json_schema`;
}

const kinds = { inputs: "input", vars: "variable", matrix: "value of the matrix" } as const;

function unknownValue(root: keyof typeof kinds, name: string, known: readonly string[]): string {
  const there = known.length === 0 ? `there is no ${kinds[root]}` : `there is no ${kinds[root]} "${name}"`;
  return `has no value: ${there}${meant(name, known)}`;
}

function unknownNeed(name: string, known: readonly string[]): string {
  if (known.length === 0) return `names "${name}", and no task that it runs after has this name`;
  return `names "${name}", and the tasks that it runs after are ${known.join(", ")}${meant(name, known)}`;
}

function meant(name: string, known: readonly string[]): string {
  const near = didYouMean(name, known);
  return near === null ? "" : `; did you mean "${near}"?`;
}
