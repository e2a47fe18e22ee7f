/**
 * Takes answers back whose sender has no rights any more: their questions are asked again, and no
 * later attempt uses the answers.
 */
import { askedEvent } from "../../domain/questions/asked-event.ts";
import type { Store } from "../../store/store.ts";

/**
 * Inside `write`. An answer that an attempt has stays with it: at its end the question is asked
 * again if the answer has had no effect.
 * @param sender who gave them, as they are stored.
 */
export function takeBackAnswers(store: Store, sender: string, now: number): void {
  store.questions.voidBy(sender);
  for (const { id, taskId } of store.questions.answeredBy(sender)) {
    if (store.tasks.row(taskId)?.openAttemptId !== null) continue;
    const question = store.questions.reopen(id);
    if (question === null) continue;
    store.tasks.transition(taskId, "reopen", now);
    const data = askedEvent(question);
    store.events.append(taskId, null, [{ type: "question_asked", at: now, data }], `[question] q${id} ${data.text}`);
  }
}
