/**
 * Fills inputs and values of a matrix into the options of a step. Results are known only later, and
 * stand in prompts.
 */
import { WorkerError } from "../../domain/errors.ts";
import { findExpressions } from "../../domain/prompts/expressions.ts";
import { evaluate } from "../prompts/evaluate.ts";
import type { PlannedStep } from "./expand-file.ts";

/** The values that are known at the run, and that no agent wrote. */
type Known = Pick<PlannedStep, "inputs" | "matrix" | "list">;

/** The fields of a submit, filled in, but for the prompt. @throws WorkerError invalid_input. */
export function filledFields(step: Known & Pick<PlannedStep, "fields">): Record<string, unknown> {
  const fill = (value: unknown, field: string): unknown => {
    if (Array.isArray(value)) return value.map((each) => fill(each, field));
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, fill(each, field)]));
    return typeof value === "string" ? filledText(value, step, field) : value;
  };
  return Object.fromEntries(Object.entries(step.fields).map(([field, value]) => [field, field === "prompt" ? value : fill(value, field)]));
}

/** @param field what the text is called in problems. @throws WorkerError invalid_input. */
export function filledText(text: string, { inputs, matrix, list }: Known, field: string): string {
  return findExpressions(text).reduceRight((filled, { start, end, source, root, path }) => {
    const known = root === "inputs" ? inputs : root === "matrix" && list === null ? matrix : null;
    if (known === null || !Object.hasOwn(known, path[0] ?? ""))
      throw new WorkerError(
        "invalid_input",
        `${field} has {{ ${source} }}: ${field.startsWith("vars.") ? "a variable's text" : "options"} can only name inputs, and values of a matrix, that there are`,
      );
    const found = evaluate(source, { inputs, matrix });
    return filled.slice(0, start) + (typeof found === "string" ? found : JSON.stringify(found)) + filled.slice(end);
  }, text);
}
