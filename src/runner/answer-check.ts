/**
 * Checks the answer of a task that has a JSON Schema, before the journal keeps it: secrets are
 * still in it then, which the journal replaces.
 */
import { isOwnResult } from "../domain/attempt/own-result.ts";
import type { JournalEntry } from "../domain/events/record.ts";
import type { JsonObject } from "../domain/text/read-json.ts";

/** Claude Code has checked the answer already, so a longer check is one that hangs. */
const limitMs = 10_000;

/** Adds to a result of the task why its answer does not fit; every other entry stays as it is. */
export type AnswerCheck = (entry: JournalEntry) => JournalEntry;

/** @param schema null: every answer fits. */
export async function answerCheck(schema: JsonObject | null): Promise<AnswerCheck> {
  if (schema === null) return (entry) => entry;
  const { answerProblem } = await import("../json-schema/fits.ts");
  return (entry) => {
    if (entry.type !== "result" || entry["subtype"] !== "success" || entry["is_error"] === true || !isOwnResult(entry)) return entry;
    const { structured_output: answer } = entry;
    const problem = answer === undefined ? "Claude gave its answer as a text alone" : answerProblem(schema, answer, limitMs);
    return problem === null ? entry : { ...entry, answer_problem: problem };
  };
}
