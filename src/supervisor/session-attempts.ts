/** Finds the attempts of one session, and what belongs to its conversation. */
import type { Question } from "../domain/questions/question.ts";
import type { Attempt } from "../domain/task/task.ts";
import type { Store } from "../store/store.ts";

/** This attempt, and the earlier ones of the session that it resumed; oldest first. */
export function attemptsOfSession(store: Store, attempt: Attempt): Attempt[] {
  const attempts = attempt.resume ? store.attempts.ofTask(attempt.taskId) : [attempt];
  return attempts.filter(({ sessionId }) => sessionId === attempt.sessionId);
}

/** Whether the question was asked in the conversation of this attempt's session. */
export function isOfSession(store: Store, { sessionId }: Attempt, { attemptId, turn }: Pick<Question, "attemptId" | "turn">): boolean {
  const asked = store.attempts.get(attemptId)?.sessionId ?? null;
  // A rewound session begins with a copy of another one, up to a turn.
  let rewind = sessionId === null ? null : store.rewinds.get(sessionId);
  let [session, most] = [sessionId, Infinity];
  while (session !== asked && rewind !== null) {
    [session, most] = [rewind.fromSession, Math.min(most, rewind.turn)];
    rewind = store.rewinds.get(session);
  }
  return session === asked && (turn ?? 0) <= most;
}
