/** Finds the attempts of one session. */
import type { Attempt } from "../domain/task/task.ts";
import type { Store } from "../store/store.ts";

/** This attempt, and the earlier ones of the session that it resumed; oldest first. */
export function attemptsOfSession(store: Store, attempt: Attempt): Attempt[] {
  const attempts = attempt.resume ? store.attempts.ofTask(attempt.taskId) : [attempt];
  return attempts.filter(({ sessionId }) => sessionId === attempt.sessionId);
}
