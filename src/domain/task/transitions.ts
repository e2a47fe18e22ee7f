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
  "cancel", // a person or a program stopped it
  "retry", // a person asks for it again: the only way out of a terminal status
] as const;
export type Operation = (typeof operations)[number];

const table: Record<Operation, Partial<Record<TaskStatus, TaskStatus>>> = {
  claim: { pending: "running" },
  complete: { running: "completed" },
  fail: { running: "failed" },
  requeue: { running: "pending" },
  cancel: { pending: "cancelled", running: "cancelled" },
  retry: { completed: "pending", failed: "pending", cancelled: "pending" },
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
