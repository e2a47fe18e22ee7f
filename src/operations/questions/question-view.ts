/** Makes the views of questions and rules from the store's rows. */
import type { QuestionView, RuleList } from "../../contract/views/question.ts";
import { lateText } from "../../domain/questions/default-answer.ts";
import { offeredOptions, questionText } from "../../domain/questions/offered-options.ts";
import type { QuestionRules } from "../../domain/questions/policy.ts";
import type { Question } from "../../domain/questions/question.ts";
import type { StoredRule } from "../../store/sqlite/rules.ts";
import { rfc3339, rfc3339OrNull } from "../tasks/times.ts";

/** @param rules of its task; null: the task is gone. */
export function questionView(question: Question, rules: QuestionRules | null): QuestionView {
  const { answer } = question;
  return {
    id: question.id,
    task_id: question.taskId,
    attempt_id: question.attemptId,
    turn: question.turn,
    kind: question.kind,
    status: question.status,
    tool: question.tool,
    tool_use_id: question.toolUseId,
    agent_id: question.agentId,
    text: questionText(question),
    input: { ...question.input },
    options: offeredOptions(question).map((option) => ({ ...option })),
    rule: question.rule,
    answer: answer === null ? null : (structuredClone(answer) as QuestionView["answer"]),
    answered_by: question.answeredBy,
    asked_at: rfc3339(question.askedAt),
    answered_at: rfc3339OrNull(question.answeredAt),
    applied_at: rfc3339OrNull(question.appliedAt),
    deadline: rfc3339OrNull(question.deadline),
    at_deadline: question.deadline === null || rules === null ? null : lateText(question, rules),
  };
}

export function ruleViews(rules: readonly StoredRule[]): RuleList {
  return {
    rules: rules.map(({ id, directory, rule, since, questionId, madeBy }) => {
      return { id, directory, rule, since: rfc3339(since), question_id: questionId, made_by: madeBy };
    }),
  };
}
