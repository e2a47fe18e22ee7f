/**
 * Defines workflows: runs of a file with tasks that depend on each other. A run is its tasks, their
 * dependencies and a row; nothing else executes it (docs/decisions/0033).
 */
import type { GivenValues, Json } from "../prompts/given-values.ts";
import type { DependencyCondition } from "../order/dependency.ts";
import type { TaskStatus } from "../task/status.ts";
import type { JsonObject } from "../text/read-json.ts";

export const maxWorkflowTasks = 1000;
export const maxMatrix = 256;
export const maxWorkflowBytes = 1024 * 1024;

/** `cancelled`: a person cancelled it, or one of its tasks, and no task failed. */
export const workflowStatuses = ["running", "completed", "failed", "cancelled"] as const;
export type WorkflowStatus = (typeof workflowStatuses)[number];

/** What follows from a task that fails, for tasks that do not depend on it. */
export const failurePolicies = ["continue", "stop"] as const;
export type FailurePolicy = (typeof failurePolicies)[number];

/**
 * `task`: Claude works. The others run no Claude Code. `approval`: a person is asked. `for_each`:
 * it makes a task for each element of a list. `join`: it ends once the tasks that it stands for
 * have ended, and fails with them.
 */
export const stepKinds = ["task", "approval", "for_each", "join"] as const;
export type StepKind = (typeof stepKinds)[number];

export interface Need {
  readonly key: string;
  readonly on: DependencyCondition;
}

/** A task of a workflow, beside what every task has. */
export interface WorkflowStep {
  readonly taskId: number;
  readonly workflowId: number;
  /** Unique in the run: `build`, `test[node=20]`, `sub/build`. */
  readonly key: string;
  readonly kind: StepKind;
  /** The `for_each` or `join` that stands for it; null: none does. */
  readonly parent: string | null;
  readonly needs: readonly Need[];
  /** It runs only if this holds; null: always. */
  readonly condition: string | null;
  readonly onFailure: FailurePolicy;
  /** What the condition, the list and the question can name. */
  readonly given: GivenValues;
  /** `for_each`: the list and the task. `approval`: the question. Null: nothing more. */
  readonly spec: JsonObject | null;
  /** `for_each`: whether its tasks are there. */
  readonly isExpanded: boolean;
  /** The task's status at the end of the last write. */
  readonly status: TaskStatus;
}

export interface Workflow {
  readonly id: number;
  readonly name: string;
  readonly status: WorkflowStatus;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly workingDirectory: string;
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly cancelRequestedAt: number | null;
}

/** How a run stands, from the statuses of its tasks. */
export function workflowStatus(counts: Readonly<Partial<Record<TaskStatus, number>>>, isCancelRequested: boolean): WorkflowStatus {
  const of = (status: TaskStatus): number => counts[status] ?? 0;
  if (of("pending") + of("running") + of("waiting") > 0) return "running";
  if (isCancelRequested) return "cancelled";
  if (of("failed") > 0) return "failed";
  return of("cancelled") > 0 ? "cancelled" : "completed";
}

/** The group in which a run with a limit has its tasks. */
export function workflowGroup(id: number): string {
  return `workflow-${id}`;
}
