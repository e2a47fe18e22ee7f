/** What counts when no person answers, also in words. It never allows a call. */
import { answerText } from "./answer-text.ts";
import { claudeQuestions } from "./claude-questions.ts";
import { questionText } from "./offered-options.ts";
import { atDeadline } from "./policy.ts";
import type { QuestionRules } from "./policy.ts";
import type { Answer, Question } from "./question.ts";

export const lateMessage =
  "No person answered in time. Continue without it; if that is not possible, end and say what you would have needed.";

/** @param how `default`: the first option of each question of Claude; all else is denied. */
export function answerWithoutPerson({ kind, input }: Pick<Question, "kind" | "input">, how: "deny" | "default"): Answer {
  const asked = kind === "question" && how === "default" ? claudeQuestions(input) : [];
  if (asked.length === 0 || asked.some(({ options }) => options.length === 0)) return { decision: "deny", message: lateMessage };
  return { decision: "allow", answers: Object.fromEntries(asked.map(({ question, options }) => [question, options[0]?.label ?? ""])) };
}

/**
 * What happens at the deadline, as the end of a sentence that begins with "then". @param rules of
 * the task.
 */
export function lateText(question: Pick<Question, "kind" | "input">, rules: QuestionRules): string {
  if (question.kind === "consent") return "tasks wait for the reset of the limits";
  const how = atDeadline(rules);
  if (how === "fail") return "the task fails";
  const answer = answerWithoutPerson(question, how);
  return answer.decision === "deny" ? "it is denied, and the task continues without it" : `the answer is: ${answerText(answer)}`;
}

/** Why a task fails that has a question without an answer. */
export function unansweredText(question: Pick<Question, "id" | "kind" | "tool" | "input" | "deadline" | "askedAt">): string {
  const { id, deadline, askedAt } = question;
  const isAtOnce = deadline !== null && deadline <= askedAt;
  const why = isAtOnce ? `The task may not wait for the answer to q${id} (on_question: fail)` : `No person answered q${id} in time`;
  return `${why}: ${questionText(question)}`;
}
