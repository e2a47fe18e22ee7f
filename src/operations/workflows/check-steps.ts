/**
 * Checks what the steps of a run name: values in prompts, questions, conditions, lists and options.
 * Nothing is stored.
 */
import { messageOf, WorkerError } from "../../domain/errors.ts";
import { findExpressions, referencesIn } from "../../domain/prompts/expressions.ts";
import type { GivenValues, Json } from "../../domain/prompts/given-values.ts";
import { checkPrompt, problemOf } from "../prompts/check-prompt.ts";
import type { CheckedPrompt } from "../prompts/check-prompt.ts";
import type { PlannedStep } from "./expand-file.ts";
import { filledFields } from "./fill-fields.ts";

/** @param steps all of the run. @throws WorkerError invalid_input: the first problem. */
export function checkSteps(steps: readonly PlannedStep[]): void {
  // Places stand for the numbers that the tasks will have.
  const places = new Map(steps.map(({ key }, index) => [key, index + 1]));
  const returnsStructured = (place: number): boolean => {
    const other = steps[place - 1];
    return other !== undefined && (other.kind !== "task" || other.fields["json_schema"] != null);
  };
  for (const step of steps) {
    if (step.kind === "join") continue;
    const runsAfter = step.needs.map(({ key }) => places.get(key) ?? 0);
    const needs = Object.fromEntries(Object.entries(step.names).map(([name, key]) => [name, places.get(key) ?? 0]));
    const matrix: Record<string, Json> = step.kind === "for_each" ? { item: "", index: 0 } : { ...step.matrix };
    const given: GivenValues = { inputs: step.inputs, matrix, vars: step.vars, needs };
    try {
      checkStep(step, { given, runsAfter, returnsStructured });
    } catch (error) {
      if (!(error instanceof WorkerError)) throw error;
      step.fail(messageOf(error).replace(/\.$/, ""));
    }
  }
}

type Known = Pick<CheckedPrompt, "given" | "runsAfter" | "returnsStructured">;

function checkStep(step: PlannedStep, known: Known): void {
  const { kind, fields, question, condition, list } = step;
  const text = kind === "approval" ? question : String(fields["prompt"] ?? "");
  if (text !== null) checkPrompt({ prompt: text, literalFrom: null, pointer: "/file", ...known });
  // Before its turn, the elements of its list are not known.
  const before = kind === "for_each" ? { ...known, given: { ...known.given, matrix: {} } } : known;
  if (condition !== null) checkExpression("if", condition, before);
  if (list !== null) checkExpression("for_each", list, before);
  if (kind === "task" || kind === "for_each") filledFields(step);
}

/** An expression without braces: each value that it names. */
function checkExpression(field: string, source: string, known: Known): void {
  for (const reference of referencesIn(source)) {
    const detail = problemOf(known, reference);
    if (detail === null) continue;
    throw new WorkerError("invalid_input", `${field}: ${reference.source} ${detail}`);
  }
  if (referencesIn(source).length === 0 && findExpressions(`{{ ${source} }}`).length === 0 && !/^(?:true|false)$/.test(source))
    throw new WorkerError("invalid_input", `${field}: ${source} names no value: inputs.NAME, or needs.KEY.structured_result.NAME`);
}
