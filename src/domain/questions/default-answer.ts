/** The answer that counts when no person answers. It never allows a call. */
import { claudeQuestions } from "./claude-questions.ts";
import type { Answer, Question } from "./question.ts";

export const lateMessage =
  "No person answered in time. Continue without it; if that is not possible, end and say what you would have needed.";

/** @param how `default`: the first option of each question of Claude; all else is denied. */
export function answerWithoutPerson({ kind, input }: Pick<Question, "kind" | "input">, how: "deny" | "default"): Answer {
  const asked = kind === "question" && how === "default" ? claudeQuestions(input) : [];
  if (asked.length === 0 || asked.some(({ options }) => options.length === 0)) return { decision: "deny", message: lateMessage };
  return { decision: "allow", answers: Object.fromEntries(asked.map(({ question, options }) => [question, options[0]?.label ?? ""])) };
}
