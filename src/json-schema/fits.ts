/**
 * Says whether a JSON Schema can be used, and whether an answer fits it. Takes what Claude Code
 * takes: the same library with the same options. Both run under a time limit, because a schema of a
 * stranger can make them run for ever (a pattern like `(a+)+$`).
 */
import { runInNewContext } from "node:vm";
import { Ajv } from "ajv";
import type { ValidateFunction } from "ajv";
import { messageOf } from "../domain/errors.ts";
import { schemaForClaude } from "../domain/task/answer-schema.ts";
import { plainLine } from "../domain/text/plain-text.ts";
import type { JsonObject } from "../domain/text/read-json.ts";

/**
 * As Claude Code 2.1.332 makes its own. References are not written out where they stand, which
 * could make much code of a small schema.
 */
const options = { allErrors: true, validateFormats: false, multipleOfPrecision: 6, logger: false, inlineRefs: false } as const;

/** Characters of an answer's JSON: more than a model says. */
const maxAnswerLength = 1024 * 1024;
const problemsShown = 5;

/** Why the schema cannot be used, as the end of a sentence; null: it can. */
export function schemaProblem(schema: JsonObject, limitMs: number): string | null {
  try {
    compiled(schema, limitMs);
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}

/** Why the answer does not fit the schema, as the end of a sentence; null: it fits. */
export function answerProblem(schema: JsonObject, answer: unknown, limitMs: number): string | null {
  try {
    // Also refuses what is nested too deep to be written.
    if (JSON.stringify(answer).length > maxAnswerLength) return `it has over ${maxAnswerLength} characters`;
    const validate = compiled(schema, limitMs);
    return limited(() => validate(answer), limitMs) ? null : misfits(validate);
  } catch (error) {
    return reasonOf(error);
  }
}

function compiled(schema: JsonObject, limitMs: number): ValidateFunction {
  if (schema["$async"] !== undefined) throw new Error("$async is not possible");
  return limited(() => new Ajv(options).compile(schemaForClaude(schema)), limitMs);
}

/** @throws an error with the code ERR_SCRIPT_EXECUTION_TIMEOUT. */
function limited<T>(work: () => T, limitMs: number): T {
  return runInNewContext("work()", { work }, { timeout: limitMs }) as T;
}

function misfits({ errors }: ValidateFunction): string {
  const all = (errors ?? []).map(({ instancePath, message }) => `${instancePath || "the answer"} ${message ?? "does not fit"}`);
  const more = all.length > problemsShown ? ` and ${all.length - problemsShown} more` : "";
  return plainLine(`${all.slice(0, problemsShown).join(", ")}${more}`, 1000);
}

function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return "it is nested too deep";
  const { code, missingRef } = error as { code?: unknown; missingRef?: unknown };
  if (code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return "it takes too long to be checked";
  if (typeof missingRef === "string")
    return plainLine(`the reference ${missingRef} leads out of it: put what it names into its $defs`, 500);
  // Of the library itself, which expected another type there.
  if (error instanceof TypeError) return "one of its keywords has a value of a wrong type";
  return plainLine(messageOf(error), 500);
}
