/** An answer in one line, for people. */
import { callerText } from "../text/caller-text.ts";
import { plainLine, visibleText } from "../text/plain-text.ts";
import type { Answer, Question } from "./question.ts";

const maxText = 300;

/** An answer as it is stored, or as a door shows it. */
type ShownAnswer = { readonly [K in keyof Answer]?: Answer[K] | undefined } & Pick<Answer, "decision">;

/** @param answer null: no answer came, and the task fails. */
export function answerText(answer: ShownAnswer | null): string {
  if (answer === null) return "no answer came in time, and the task fails";
  const { decision, message, answers, mode, rule } = answer;
  if (decision === "deny") return plainLine(`denied${message === undefined ? "" : `: ${message}`}`, maxText);
  if (answers !== undefined) return plainLine(Object.values(answers).map(choicesText).join(" / "), maxText);
  if (message !== undefined) return plainLine(message, maxText);
  if (mode !== undefined) return `approved, in the mode ${mode}`;
  return plainLine(rule === undefined ? "allowed" : `allowed, and from now on in the directory: ${visibleText(rule)}`, maxText);
}

/** Several choices of one question stay together. */
function choicesText(choices: string | readonly string[]): string {
  return typeof choices === "string" ? choices : choices.join(", ");
}

/** How a question ended, in a sentence for people. */
export function howItEnded({ status, answer, answeredBy }: Pick<Question, "status" | "answer" | "answeredBy">): string {
  if (status === "superseded") return "It needs no answer any more.";
  if (status === "expired") return `The time for an answer is over: ${answerText(answer)}`;
  return `Answered by ${answeredBy === null ? "a person" : callerText(answeredBy)}: ${answerText(answer)}`;
}
