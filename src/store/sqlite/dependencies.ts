/**
 * Stores which tasks a task runs after. A write that ends a task settles what waits for it: in the
 * same commit, dependents become ready or are skipped, and a task that runs again revives those
 * that were skipped because of it.
 */
import type Database from "better-sqlite3";
import { dependencyState, skipReason } from "../../domain/order/dependency.ts";
import type { Dependency, DependencyState, HeldDependency, Waited } from "../../domain/order/dependency.ts";
import type { NewEvent } from "../../domain/events/event.ts";
import type { TaskStatus } from "../../domain/task/status.ts";
import type { Task } from "../../domain/task/task.ts";
import type { Operation } from "../../domain/task/transitions.ts";
import type { Writing } from "./group-commit.ts";

export interface DependencyStore {
  /** Inside `write`. Adds to a new task. The tasks must exist, and a task is named once. */
  add(taskId: number, dependencies: readonly Dependency[]): void;
  /** What a task runs after, in the order of the tasks' numbers. */
  ofTask(taskId: number): HeldDependency[];
  /** The tasks that have to end before it can start, with their statuses. */
  waitsFor(taskId: number): Waited[];
  /** Inside `write`. Lets a task run although some of its dependencies are impossible. */
  waive(taskId: number): void;
  /**
   * Inside `write`. Looks at those of its dependencies again that were impossible: the other task
   * may have been put to run again in the same write. Skips the task where one still is.
   */
  lookAgain(taskId: number): void;
  /** Inside `write`. The task runs, whatever becomes of the other one. */
  release(taskId: number, other: number): void;
  /** The tasks that run after this one, in the order of their numbers. */
  dependents(taskId: number): number[];
}

/** What the commit does with the tasks that a write has touched. */
export type SettleDependencies = (taskIds: ReadonlySet<number>) => void;

interface Parts {
  readonly writing: Writing;
  readonly tasks: {
    row(id: number): Pick<Task, "status" | "endedAt" | "updatedAt"> | null;
    transition(id: number, operation: Operation, now: number, patch: Pick<Task, "error">): Task | null;
  };
  readonly events: { append(taskId: number, attemptId: null, events: readonly NewEvent[]): unknown };
}

interface Edge extends HeldDependency {
  readonly taskId: number;
}

/** The dependencies' rows on one connection. */
export function createDependencyStore(
  database: Database.Database,
  { writing, tasks, events }: Parts,
): { store: DependencyStore; settle: SettleDependencies } {
  const insert = database.prepare("INSERT INTO dependencies (task_id, needs_id, condition, state) VALUES (?, ?, ?, ?)");
  const select = database.prepare<[number], HeldDependency>(
    'SELECT needs_id AS task, condition AS "on", state FROM dependencies WHERE task_id = ? ORDER BY needs_id',
  );
  const selectOpen = database.prepare<[number], Edge>(
    `SELECT task_id AS "taskId", needs_id AS task, condition AS "on", state FROM dependencies INDEXED BY dependencies_open
     WHERE needs_id = ? AND state IN ('waiting', 'impossible') ORDER BY task_id`,
  );
  const selectWaits = database.prepare<[number], Waited>(
    `SELECT needs_id AS task, condition AS "on", status FROM dependencies JOIN tasks ON tasks.id = needs_id
     WHERE task_id = ? AND state = 'waiting' ORDER BY needs_id`,
  );
  const selectDependents = database
    .prepare<[number], number>("SELECT task_id FROM dependencies INDEXED BY dependencies_of WHERE needs_id = ? ORDER BY task_id")
    .pluck();
  const selectImpossible = database.prepare<[number], HeldDependency>(
    `SELECT needs_id AS task, condition AS "on", state FROM dependencies WHERE task_id = ? AND state = 'impossible' ORDER BY needs_id LIMIT 1`,
  );
  const selectUnfinished = database.prepare<[number]>(
    `SELECT 1 FROM workflow_tasks JOIN dependencies ON dependencies.task_id = workflow_tasks.task_id
     WHERE workflow_tasks.task_id = ? AND (kind = 'join' OR (kind = 'for_each' AND is_expanded = 1)) AND state = 'waiting' LIMIT 1`,
  );
  const move = database.prepare<[DependencyState, number, number]>("UPDATE dependencies SET state = ? WHERE task_id = ? AND needs_id = ?");
  const waiveAll = database.prepare<[number]>("UPDATE dependencies SET state = 'waived' WHERE task_id = ? AND state = 'impossible'");
  const count = database.prepare<{ id: number }>(
    `UPDATE tasks SET unmet = (SELECT count(*) FROM dependencies WHERE task_id = @id AND state IN ('waiting', 'impossible')) WHERE id = @id`,
  );
  const selectStatus = database.prepare<[number], TaskStatus>("SELECT status FROM tasks WHERE id = ?").pluck();

  /** Follows one task's present status. @returns the tasks whose own status changed by it. */
  function settleOne(id: number): number[] {
    const edges = selectOpen.all(id);
    if (edges.length === 0) return [];
    const status = selectStatus.get(id);
    if (status === undefined) return [];
    const moved = edges.map((edge) => ({ ...edge, now: dependencyState(edge.on, status) })).filter((edge) => edge.now !== edge.state);
    return moved.flatMap((edge) => {
      move.run(edge.now, edge.taskId, id);
      count.run({ id: edge.taskId });
      writing.touch(edge.taskId);
      return follow(edge.taskId, id) ? [edge.taskId] : [];
    });
  }

  /**
   * Skips or revives a dependent. @param because the task whose status changed.
   * @returns whether the dependent's status changed.
   */
  function follow(id: number, because: number): boolean {
    const row = tasks.row(id);
    const impossible = selectImpossible.get(id);
    // What stands for several tasks of a workflow has ended when all of them have.
    if (row?.status === "pending" && impossible !== undefined) return selectUnfinished.get(id) === undefined && skip(id, impossible);
    if (row?.status !== "skipped" || impossible !== undefined) return false;
    const now = row.updatedAt;
    tasks.transition(id, "revive", now, { error: null });
    events.append(id, null, [{ type: "revived", at: now, data: { task: because } }]);
    return true;
  }

  function skip(id: number, because: HeldDependency): boolean {
    const other = tasks.row(because.task);
    if (other === null) return false;
    const now = other.endedAt ?? other.updatedAt;
    const message = skipReason(because, other.status);
    const error = { code: "dependency_failed", message, retryable: true };
    if (tasks.transition(id, "skip", now, { error }) === null) return false;
    events.append(id, null, [{ type: "ended", at: now, data: { status: "skipped", outcome: "dependency_failed", message } }]);
    return true;
  }

  return {
    settle: (taskIds) => {
      // A list, not recursion: a chain may have thousands of tasks.
      const left = [...taskIds];
      for (let id = left.pop(); id !== undefined; id = left.pop()) left.push(...settleOne(id));
    },
    store: {
      add: (taskId, dependencies) => {
        writing.touch(taskId);
        for (const { task, on } of dependencies) {
          const status = selectStatus.get(task);
          if (status !== undefined) insert.run(taskId, task, on, dependencyState(on, status));
        }
        count.run({ id: taskId });
        follow(taskId, taskId);
      },
      ofTask: (taskId) => select.all(taskId),
      waitsFor: (taskId) => selectWaits.all(taskId),
      waive: (taskId) => {
        writing.touch(taskId);
        waiveAll.run(taskId);
        count.run({ id: taskId });
      },
      lookAgain: (taskId) => {
        writing.touch(taskId);
        for (const { task, on, state } of select.all(taskId)) {
          const status = selectStatus.get(task);
          if (state === "impossible" && status !== undefined) move.run(dependencyState(on, status), taskId, task);
        }
        count.run({ id: taskId });
        follow(taskId, taskId);
      },
      release: (taskId, other) => {
        writing.touch(taskId);
        move.run("waived", taskId, other);
        count.run({ id: taskId });
      },
      dependents: (taskId) => selectDependents.all(taskId),
    },
  };
}
