/** An answer in one line, for people. */
import { plainLine, visibleText } from "../text/plain-text.ts";
import type { Answer } from "./question.ts";

const maxText = 300;

/** @param answer null: no answer came, and the task fails. */
export function answerText(answer: Answer | null): string {
  if (answer === null) return "no answer came in time, and the task fails";
  const { decision, message, answers, mode, rule } = answer;
  if (decision === "deny") return plainLine(`denied${message === undefined ? "" : `: ${message}`}`, maxText);
  if (answers !== undefined) return plainLine(Object.values(answers).flat().join(" / "), maxText);
  if (message !== undefined) return plainLine(message, maxText);
  if (mode !== undefined) return `approved, in the mode ${mode}`;
  return plainLine(rule === undefined ? "allowed" : `allowed, and from now on in the directory: ${visibleText(rule)}`, maxText);
}
