/** The steps of a task's story. Numbered per task by the store; what doors show and stream. */

export const eventTypes = [
  // written by the server
  "submitted",
  "started",
  "resumed",
  "requeued",
  "cancel_requested",
  "retried",
  "ended",
  "swept",
  // from the journal
  "session",
  "init",
  "text",
  "thinking",
  "tool_use",
  "tool_result",
  "permission_denied",
  "rate_limit",
  "api_retry",
  "notice",
  "result",
  "attempt_ended",
] as const;
export type EventType = (typeof eventTypes)[number];

export interface NewEvent {
  readonly type: EventType;
  /** UTC milliseconds. */
  readonly at: number;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface TaskEvent extends NewEvent {
  /** Global, increasing: the change feed's cursor. */
  readonly id: number;
  readonly taskId: number;
  /** 1, 2, 3 … within the task, without gaps. */
  readonly seq: number;
  readonly attemptId: number | null;
}
