/** What happens to a question when it is asked, and when no answer comes in time. */

/**
 * `ask`: it waits for a person. `deny`: it is refused at once, and the task continues without it.
 * `fail`: the task fails. `default`: the default answer counts at once.
 */
export const questionPolicies = ["ask", "deny", "fail", "default"] as const;
export type QuestionPolicy = (typeof questionPolicies)[number];

/** What counts when the time for an answer is over. */
export const lateAnswers = ["deny", "fail", "default"] as const;
export type LateAnswer = (typeof lateAnswers)[number];

/** The policy of one task. */
export interface QuestionRules {
  readonly onQuestion: QuestionPolicy;
  /** How long a question waits, ms; null: for ever. */
  readonly answerWithinMs: number | null;
  readonly answerElse: LateAnswer;
}

/** When the default answer counts (UTC ms); null: never. */
export function deadlineOf({ onQuestion, answerWithinMs }: QuestionRules, askedAt: number): number | null {
  if (onQuestion !== "ask") return askedAt;
  return answerWithinMs === null ? null : askedAt + answerWithinMs;
}

/** What counts at the deadline. */
export function atDeadline({ onQuestion, answerElse }: QuestionRules): LateAnswer {
  return onQuestion === "ask" ? answerElse : onQuestion;
}

/**
 * Whether a question waits for a person at all. Some tasks fail, or take the default, at once.
 * @param deadline ISO 8601; null or absent: it waits for ever.
 * @param askedAt UTC ms, or ISO 8601.
 */
export function waitsForPerson(deadline: string | null | undefined, askedAt: number | string): boolean {
  return deadline == null || Date.parse(deadline) > new Date(askedAt).getTime();
}
