/**
 * Makes the result of a call that a person has decided and that nothing has to run for: an answered
 * question of Claude, or a denial. It is what Claude Code itself writes into the session (measured
 * with 2.1.332).
 */
import { claudeQuestions } from "../domain/questions/claude-questions.ts";
import type { QuestionOption, UnappliedQuestion } from "../domain/questions/question.ts";
import { objectOf, stringOf } from "../domain/text/read-json.ts";
import type { JsonObject } from "../domain/text/read-json.ts";
import { hashOf, toolResult } from "./permission-questions.ts";

/** The result's block and the fields of the transcript's line that go with it. */
export interface CallResult {
  readonly block: { readonly content: string; readonly is_error?: true };
  readonly line: { readonly toolUseResult: unknown; readonly toolDenialKind?: string };
}

/**
 * @param tool and input are those of the call in the session, which must be what the person saw.
 * @returns null: the call must be decided by Claude Code.
 */
export function answeredCall(
  { kind, inputHash, answer }: Pick<UnappliedQuestion, "kind" | "inputHash" | "answer">,
  { tool, input }: { readonly tool: string; readonly input: JsonObject },
): CallResult | null {
  if (answer === null || inputHash !== hashOf(tool, input)) return null;
  const result = toolResult({ kind, input }, answer);
  if (result.behavior === "deny") {
    const { message } = result;
    return { block: { content: message, is_error: true }, line: { toolUseResult: `Error: ${message}`, toolDenialKind: "permission-rule" } };
  }
  if (kind !== "question") return null;
  const { questions, answers, response, annotations = {} } = result.updatedInput;
  const said = { answers: objectOf(answers), response: stringOf(response) };
  return { block: { content: answerText(input, said) }, line: { toolUseResult: { questions, answers, annotations } } };
}

/** What Claude reads. */
function answerText(input: JsonObject, { answers, response }: { answers: JsonObject; response: string | null }): string {
  if (response !== null) return `The user responded: ${response}`;
  const given = claudeQuestions(input).filter(({ question }) => typeof answers[question] === "string");
  const pairs = given.map(({ question }) => `"${question}"="${String(answers[question])}"`).join(", ");
  const isFree = given.some(({ question, options }) => !areLabels(String(answers[question]), options));
  return isFree
    ? `The user answered: ${pairs}. Read the answers carefully — they may request clarification, changes, or that you not proceed — and follow what they actually say.`
    : `Your questions have been answered: ${pairs}. You can now continue with these answers in mind.`;
}

/** Whether the answer is one of the labels, or several of them with commas between. */
function areLabels(answer: string, options: readonly QuestionOption[]): boolean {
  const labels = options.map(({ label }) => label);
  return labels.includes(answer) || answer.split(", ").every((part) => labels.includes(part));
}
