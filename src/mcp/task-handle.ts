/** The form of a task in the protocol's tasks extension. */

export interface TaskHandle {
  readonly taskId: string;
  readonly status: "working" | "input_required" | "completed" | "failed" | "cancelled";
  readonly statusMessage?: string;
  readonly createdAt: string;
  readonly lastUpdatedAt: string;
  /** Null: kept until the task is removed. */
  readonly ttlMs: number | null;
  readonly pollIntervalMs: number;
}
