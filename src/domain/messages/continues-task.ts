/** Decides whether a message continues its task after the task's end. */
import { isBudgetSpent } from "../task/spending.ts";
import type { Task } from "../task/task.ts";
import type { Message } from "./message.ts";

/**
 * Whether one of these messages starts another attempt of a task that has just ended. Messages that
 * the last attempt was given do not: what kept the attempt from delivering them may last.
 */
export function continuesTask(task: Task, messages: readonly Message[], lastAttemptId: number): boolean {
  if (task.status === "cancelled" || task.sessionId === null || isBudgetSpent(task)) return false;
  return messages.some(({ status, delivery, attemptId }) => status === "queued" && delivery !== "dismiss" && attemptId !== lastAttemptId);
}
