/**
 * Stores which tasks a task runs after. A write that ends a task settles what waits for it: in the
 * same commit, dependents become ready or are skipped, and a task that runs again revives those
 * that were skipped because of it. A step of a workflow that stands for several tasks waits for all
 * of them, and fails with them.
 */
import type Database from "better-sqlite3";
import { dependencyState, partsFailedReason, skipReason } from "../../domain/order/dependency.ts";
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

/** A dependency that cannot be met, with the other task's status. */
type Missed = Dependency & { readonly status: TaskStatus };

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
  const selectImpossible = database.prepare<[number], Missed>(
    `SELECT needs_id AS task, condition AS "on", status FROM dependencies JOIN tasks ON tasks.id = needs_id
     WHERE task_id = ? AND state = 'impossible' ORDER BY needs_id`,
  );
  const countIn = database
    .prepare<[number, DependencyState], number>("SELECT count(*) FROM dependencies WHERE task_id = ? AND state = ?")
    .pluck();
  const selectStandsForTasks = database
    .prepare<[number], number>("SELECT kind = 'join' OR (kind = 'for_each' AND is_expanded) FROM workflow_tasks WHERE task_id = ?")
    .pluck();
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
    const impossible = selectImpossible.all(id);
    const [first] = impossible;
    if (row?.status === "pending" && first !== undefined)
      return selectStandsForTasks.get(id) === 1 ? gather(id, impossible) : skip(id, first);
    // Of the failed ones, only steps that stand for others have such dependencies.
    if ((row?.status !== "skipped" && row?.status !== "failed") || first !== undefined) return false;
    const now = row.updatedAt;
    tasks.transition(id, "revive", now, { error: null });
    events.append(id, null, [{ type: "revived", at: now, data: { task: because } }]);
    return true;
  }

  /**
   * Ends a step that stands for several tasks, once all of them have ended: it fails with them. One
   * that was skipped had nothing to do, where another one completed.
   * @returns whether the step's status changed.
   */
  function gather(id: number, missed: readonly Missed[]): boolean {
    if ((countIn.get(id, "waiting") ?? 0) > 0) return false;
    const failed = missed.filter(({ status }) => status === "failed");
    if (failed.length > 0) {
      const message = partsFailedReason(failed.map(({ task }) => task));
      return end(id, { operation: "give_up", because: failed.at(-1)?.task ?? id, message });
    }
    const other = missed.find(({ status }) => status !== "skipped") ?? missed[0];
    if (other === undefined) return false;
    if (other.status !== "skipped" || (countIn.get(id, "met") ?? 0) === 0) return skip(id, other);
    for (const { task } of missed) move.run("waived", id, task);
    count.run({ id });
    return false;
  }

  function skip(id: number, because: Missed): boolean {
    return end(id, { operation: "skip", because: because.task, message: skipReason(because, because.status) });
  }

  function end(
    id: number,
    { operation, because, message }: { readonly operation: "skip" | "give_up"; readonly because: number; readonly message: string },
  ): boolean {
    const other = tasks.row(because);
    if (other === null) return false;
    const now = other.endedAt ?? other.updatedAt;
    const error = { code: "dependency_failed", message, retryable: true };
    if (tasks.transition(id, operation, now, { error }) === null) return false;
    const status = operation === "skip" ? "skipped" : "failed";
    events.append(id, null, [{ type: "ended", at: now, data: { status, outcome: "dependency_failed", message } }]);
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
