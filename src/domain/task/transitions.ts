/**
 * Defines which status may follow which, and through which operation. No other file defines that.
 */
import type { TaskStatus } from "./task.ts";

/** What can happen to a task. */
export const operations = [
  "claim", // the scheduler gives it to a runner
  "complete", // its attempt succeeded
  "fail", // its attempt failed, and no retry is left
  "requeue", // its attempt ended and another follows
  "ask", // it needs a person's answer
  "park", // its attempt ended, and it still needs the answer
  "proceed", // its kept runner has a slot again and gets the answer
  "unpark", // it was parked, and it has the answer
  "reopen", // its answer was taken back before an attempt had it
  "cancel", // a person or a program stopped it
  "retry", // a person asks for it again
  "follow_up", // a message continues its conversation
  "skip", // a task that it depends on ended in another way
  "revive", // that task runs again
  "give_up", // it cannot start: a value is missing, or a task that it stands for failed
] as const;
export type Operation = (typeof operations)[number];

const table: Record<Operation, Partial<Record<TaskStatus, TaskStatus>>> = {
  claim: { pending: "running" },
  complete: { running: "completed", waiting: "completed" },
  fail: { running: "failed", waiting: "failed" },
  requeue: { running: "pending", waiting: "pending" },
  ask: { running: "waiting" },
  park: { running: "waiting", waiting: "waiting" },
  proceed: { waiting: "running" },
  unpark: { waiting: "pending" },
  reopen: { pending: "waiting" },
  cancel: { pending: "cancelled", running: "cancelled", waiting: "cancelled" },
  retry: { completed: "pending", failed: "pending", cancelled: "pending", skipped: "pending" },
  follow_up: { completed: "pending", failed: "pending", cancelled: "pending" },
  skip: { pending: "skipped" },
  revive: { skipped: "pending", failed: "pending" },
  give_up: { pending: "failed" },
};

/**
 * The status after `operation`, or null when the operation is not allowed in this status. Null is
 * not an error: another caller was faster.
 */
export function next(status: TaskStatus, operation: Operation): TaskStatus | null {
  return table[operation][status] ?? null;
}

/** The statuses in which `operation` may happen. */
export function sourcesOf(operation: Operation): TaskStatus[] {
  return Object.keys(table[operation]) as TaskStatus[];
}
