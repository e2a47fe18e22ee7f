/**
 * Stores runs of workflows. At the end of each write, the status of a run follows from those of its
 * tasks, and the failure of a task that stops its run skips what has not started.
 */
import type Database from "better-sqlite3";
import type { NewEvent } from "../../domain/events/event.ts";
import type { TaskStatus } from "../../domain/task/status.ts";
import type { Task } from "../../domain/task/task.ts";
import type { Operation } from "../../domain/task/transitions.ts";
import { workflowStatus } from "../../domain/workflows/workflow.ts";
import type { Workflow, WorkflowStatus, WorkflowStep } from "../../domain/workflows/workflow.ts";
import type { Writing } from "./group-commit.ts";
import { defineRow } from "./row.ts";

export interface WorkflowFilter {
  readonly status?: WorkflowStatus;
  /** Runs with a lower id, for the next page. */
  readonly before?: number;
  readonly limit: number;
}

export interface WorkflowStore {
  /** Inside `write`. @returns its number. */
  insert(workflow: Pick<Workflow, "name" | "inputs" | "workingDirectory" | "createdAt">): number;
  get(id: number): Workflow | null;
  /** Newest first. */
  list(filter: WorkflowFilter): Workflow[];
  /** How many tasks of a run are in each status. */
  counts(id: number): Partial<Record<TaskStatus, number>>;
  /** The tasks of a run, in the order in which they were made. */
  steps(id: number): WorkflowStep[];
  /** What the task is in its workflow; null: it belongs to none. */
  stepOf(taskId: number): WorkflowStep | null;
  stepWithKey(id: number, key: string): WorkflowStep | null;
  /** Cheap: the run and the key of a task. */
  placeOf(taskId: number): { readonly id: number; readonly key: string } | null;
  /** Inside `write`. A key can be there only once in a run. */
  addStep(step: Omit<WorkflowStep, "isExpanded" | "status">): void;
  /** Inside `write`. The tasks of a `for_each` are there. */
  expanded(taskId: number): void;
  /** Inside `write`. Null: the run is not cancelled any more. */
  setCancelRequested(id: number, at: number | null): void;
}

const stopped = "workflow_stopped";

const workflowRow = defineRow<Workflow>({
  id: "plain",
  name: "plain",
  status: "plain",
  inputs: "json",
  workingDirectory: "plain",
  createdAt: "plain",
  endedAt: "plain",
  cancelRequestedAt: "plain",
});
const stepRow = defineRow<WorkflowStep>({
  taskId: "plain",
  workflowId: "plain",
  key: "plain",
  kind: "plain",
  parent: "plain",
  needs: "json",
  condition: "plain",
  onFailure: "plain",
  given: "json",
  spec: "json",
  isExpanded: "flag",
  status: "plain",
});

interface Parts {
  readonly writing: Writing;
  readonly tasks: {
    row(id: number): Pick<Task, "status" | "endedAt" | "updatedAt"> | null;
    transition(id: number, operation: Operation, now: number, patch: Pick<Task, "error">): Task | null;
  };
  readonly events: { append(taskId: number, attemptId: null, events: readonly NewEvent[]): unknown };
  readonly questions: { unapplied(taskId: number): readonly { readonly id: number }[]; supersede(id: number, isVoid: boolean): void };
}

/**
 * The runs' rows on one connection, and what a write does to them. `settle` returns the tasks that
 * it skipped.
 */
export function createWorkflowStore(
  database: Database.Database,
  { writing, tasks, events, questions }: Parts,
): { store: WorkflowStore; settle: (taskIds: ReadonlySet<number>) => number[] } {
  const insertRun = database.prepare(
    "INSERT INTO workflows (name, status, inputs, working_directory, created_at) VALUES (@name, 'running', @inputs, @workingDirectory, @createdAt)",
  );
  const selectRun = database.prepare<[number]>(`SELECT ${workflowRow.select} FROM workflows WHERE id = ?`);
  const selectRuns = database.prepare<[{ before: number; status: string | null; limit: number }]>(
    `SELECT ${workflowRow.select} FROM workflows WHERE id < @before AND (@status IS NULL OR status = @status) ORDER BY id DESC LIMIT @limit`,
  );
  const countSteps = database.prepare<[number], { status: TaskStatus; count: number }>(
    "SELECT status, count(*) AS count FROM workflow_tasks INDEXED BY workflow_tasks_by_status WHERE workflow_id = ? GROUP BY status",
  );
  const selectSteps = database.prepare<[number]>(`SELECT ${stepRow.select} FROM workflow_tasks WHERE workflow_id = ? ORDER BY task_id`);
  const selectStep = database.prepare<[number]>(`SELECT ${stepRow.select} FROM workflow_tasks WHERE task_id = ?`);
  const selectKey = database.prepare<[number, string]>(`SELECT ${stepRow.select} FROM workflow_tasks WHERE workflow_id = ? AND key = ?`);
  const selectPlace = database.prepare<[number], { id: number; key: string }>(
    "SELECT workflow_id AS id, key FROM workflow_tasks WHERE task_id = ?",
  );
  const insertStep = database.prepare(
    `INSERT INTO workflow_tasks (task_id, workflow_id, key, kind, parent, needs, condition, on_failure, given, spec, status)
     VALUES (@taskId, @workflowId, @key, @kind, @parent, @needs, @condition, @onFailure, @given, @spec, 'pending')`,
  );
  const setExpanded = database.prepare("UPDATE workflow_tasks SET is_expanded = 1 WHERE task_id = ?");
  const setCancel = database.prepare("UPDATE workflows SET cancel_requested_at = ? WHERE id = ?");
  const selectChanged = database.prepare<[number], { id: number; was: TaskStatus; now: TaskStatus; onFailure: string; key: string }>(
    `SELECT workflow_id AS id, workflow_tasks.status AS was, tasks.status AS now, on_failure AS "onFailure", key
     FROM workflow_tasks JOIN tasks ON tasks.id = task_id WHERE task_id = ?`,
  );
  const setStatus = database.prepare("UPDATE workflow_tasks SET status = ? WHERE task_id = ?");
  const setRun = database.prepare("UPDATE workflows SET status = @status, ended_at = @endedAt WHERE id = @id");
  const selectAsking = database
    .prepare<[number], number>(
      "SELECT task_id FROM workflow_tasks JOIN tasks ON tasks.id = task_id WHERE workflow_id = ? AND kind = 'approval' AND tasks.status = 'waiting' ORDER BY task_id",
    )
    .pluck();
  const selectPending = database
    .prepare<[number], number>(
      "SELECT task_id FROM workflow_tasks JOIN tasks ON tasks.id = task_id WHERE workflow_id = ? AND tasks.status = 'pending' ORDER BY task_id",
    )
    .pluck();

  function counts(id: number): Partial<Record<TaskStatus, number>> {
    return Object.fromEntries(countSteps.all(id).map(({ status, count }) => [status, count]));
  }

  function run(id: number): Workflow | null {
    const found = selectRun.get(id);
    return found === undefined ? null : workflowRow.decode(found);
  }

  function stepOf(taskId: number): WorkflowStep | null {
    const found = selectStep.get(taskId);
    return found === undefined ? null : stepRow.decode(found);
  }

  /**
   * Skips what has not started, because a task has failed, and cancels approvals that wait for a
   * person: their answer would start nothing. @returns the tasks.
   */
  function stop(id: number, failed: number, key: string): number[] {
    const at = tasks.row(failed);
    const now = at?.endedAt ?? at?.updatedAt ?? 0;
    const message = `The workflow stops, because its task ${key} (${failed}) failed.`;
    const cancelled = selectAsking.all(id).filter((task) => {
      const error = { code: stopped, message, retryable: true };
      if (tasks.transition(task, "cancel", now, { error }) === null) return false;
      for (const question of questions.unapplied(task)) questions.supersede(question.id, false);
      events.append(task, null, [{ type: "ended", at: now, data: { status: "cancelled", outcome: stopped, message } }]);
      return true;
    });
    const skipped = selectPending.all(id).filter((task) => {
      if (tasks.transition(task, "skip", now, { error: { code: stopped, message, retryable: true } }) === null) return false;
      events.append(task, null, [{ type: "ended", at: now, data: { status: "skipped", outcome: stopped, message } }]);
      return true;
    });
    return [...cancelled, ...skipped];
  }

  function settleRun(id: number, touched: number): void {
    const workflow = run(id);
    if (workflow === null) return;
    const status = workflowStatus(counts(id), workflow.cancelRequestedAt !== null);
    if (status === workflow.status) return;
    const at = tasks.row(touched);
    setRun.run({ id, status, endedAt: status === "running" ? null : (at?.endedAt ?? at?.updatedAt ?? workflow.createdAt) });
  }

  function settle(taskIds: ReadonlySet<number>): number[] {
    const runs = new Map<number, number>();
    const skipped: number[] = [];
    // Tasks that are skipped here are touched, so the loop comes to them, too.
    for (const taskId of taskIds) {
      const change = selectChanged.get(taskId);
      if (change === undefined || change.was === change.now) continue;
      setStatus.run(change.now, taskId);
      runs.set(change.id, taskId);
      if (change.now === "failed" && change.onFailure === "stop") skipped.push(...stop(change.id, taskId, change.key));
    }
    for (const [id, taskId] of runs) settleRun(id, taskId);
    return skipped;
  }

  return {
    settle,
    store: {
      insert: ({ inputs, ...workflow }) => {
        writing.mustBeInside();
        return Number(insertRun.run({ ...workflow, inputs: JSON.stringify(inputs) }).lastInsertRowid);
      },
      get: run,
      list: ({ status = null, before = Number.MAX_SAFE_INTEGER, limit }) =>
        selectRuns.all({ status, before, limit }).map((each) => workflowRow.decode(each)),
      counts,
      steps: (id) => selectSteps.all(id).map((each) => stepRow.decode(each)),
      stepOf,
      stepWithKey: (id, key) => {
        const found = selectKey.get(id, key);
        return found === undefined ? null : stepRow.decode(found);
      },
      placeOf: (taskId) => selectPlace.get(taskId) ?? null,
      addStep: (step) => {
        writing.touch(step.taskId);
        const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
        insertStep.run({ ...step, needs: json(step.needs), given: json(step.given), spec: json(step.spec) });
      },
      expanded: (taskId) => {
        writing.touch(taskId);
        setExpanded.run(taskId);
      },
      setCancelRequested: (id, at) => {
        writing.mustBeInside();
        setCancel.run(at, id);
      },
    },
  };
}
