/** The statuses of a task, and which of them are its end. */

export const taskStatuses = ["pending", "running", "waiting", "completed", "failed", "cancelled", "skipped"] as const;
export type TaskStatus = (typeof taskStatuses)[number];

export const terminalStatuses = ["completed", "failed", "cancelled", "skipped"] as const;
export type TerminalStatus = (typeof terminalStatuses)[number];

/** Whether this status can only be left by an explicit retry or follow-up. */
export function isTerminal(status: TaskStatus): status is TerminalStatus {
  return (terminalStatuses as readonly string[]).includes(status);
}
