/** Ends the questions whose time for an answer is over. */
import { answerWithoutPerson, unansweredText } from "../../domain/questions/default-answer.ts";
import { atDeadline } from "../../domain/questions/policy.ts";
import type { Question } from "../../domain/questions/question.ts";
import type { Store } from "../../store/store.ts";
import { endWithoutAttempt } from "../tasks/end-without-attempt.ts";
import { noteAnswer } from "./answer-question.ts";

/** So many questions are ended in one write. */
const batch = 100;

/** Gives each question that is due its default answer, or fails its task. */
export async function expireQuestions(store: Store, now: number): Promise<void> {
  while (store.questions.due(now, 1).length > 0) {
    await store.write(() => {
      for (const question of store.questions.due(now, batch)) expire(store, question, now);
    });
  }
}

function expire(store: Store, question: Question, now: number): void {
  const task = store.tasks.row(question.taskId);
  const how = task === null || question.kind === "consent" ? "deny" : atDeadline(task);
  const expired = store.questions.expire(question.id, how === "fail" ? null : answerWithoutPerson(question, how), now);
  if (expired === null) return;
  noteAnswer(store, expired, { by: "default" }, now);
  // A runner that was kept ends its attempt, which fails the task.
  if (expired.answer !== null || task?.status !== "waiting" || task.openAttemptId !== null) return;
  const message = `${unansweredText(question)} To continue it where it was: claude-worker retry ${task.id} --resume`;
  endWithoutAttempt(store, task.id, "unanswered", { error: { code: "unanswered", message, retryable: true }, now });
}
