/** The tasks extension: a task as its wire shows it. */

export interface TaskHandle {
  readonly taskId: string;
  readonly status: "working" | "input_required" | "completed" | "failed" | "cancelled";
  readonly statusMessage?: string;
  readonly createdAt: string;
  readonly lastUpdatedAt: string;
  /** Null: kept until somebody removes the task. */
  readonly ttlMs: number | null;
  readonly pollIntervalMs: number;
}
