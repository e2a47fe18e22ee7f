/**
 * Ends tasks that have no open attempt, and with them their questions and messages. The supervisor
 * ends the others.
 */
import { continuesTask } from "../../domain/messages/continues-task.ts";
import { continued } from "../../domain/task/begun-again.ts";
import type { Task, TaskError } from "../../domain/task/task.ts";
import type { Store } from "../../store/store.ts";

const endings = {
  cancelled: { operation: "cancel", status: "cancelled" },
  unanswered: { operation: "fail", status: "failed" },
  missing_value: { operation: "give_up", status: "failed" },
  profile_unusable: { operation: "give_up", status: "failed" },
} as const;

/**
 * Inside `write`. A message that came while the task was parked continues it, as one that came
 * before does.
 * @returns the task; null: it is not in a status in which it can end so.
 */
export function endWithoutAttempt(
  store: Store,
  id: number,
  outcome: keyof typeof endings,
  { error, now, ...patch }: { readonly error: TaskError; readonly now: number } & Partial<Task>,
): Task | null {
  const { operation, status } = endings[outcome];
  const ended = store.tasks.transition(id, operation, now, { ...patch, error, earlierEnd: null });
  if (ended === null) return null;
  const last = store.attempts.ofTask(id).at(-1);
  const isUnstarted = outcome === "missing_value" || outcome === "profile_unusable";
  const isFollowed = !isUnstarted && last !== undefined && continuesTask(ended, store.messages.open(id), last.id);
  for (const question of store.questions.unapplied(id)) store.questions.supersede(question.id, false);
  for (const { id: message, status: state } of store.messages.end(id, status === "cancelled", now)) {
    store.events.append(id, null, [{ type: state === "done" ? "message_done" : "message_cancelled", at: now, data: { message } }]);
  }
  store.reviewComments.settle(id, false, now);
  const { message } = error;
  if (!isFollowed) {
    store.events.append(id, null, [{ type: "ended", at: now, data: { status, outcome, message } }]);
    return ended;
  }
  store.messages.continueTask(id);
  const data = { outcome, message, attempt: last.number, not_before: null, reason: null };
  store.events.append(id, null, [{ type: "requeued", at: now, data }]);
  return store.tasks.transition(id, "follow_up", now, continued(ended));
}
