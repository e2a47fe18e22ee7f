/** Stores which tasks began as a fork of another task's conversation. */
import type Database from "better-sqlite3";
import type { Writing } from "./group-commit.ts";

export interface Fork {
  readonly taskId: number;
  readonly fromTask: number;
  /** The session that was copied. */
  readonly sessionId: string;
  /** The last turn of the other task that it has; null: all that there were. */
  readonly turn: number | null;
  /** The last line of the session that is copied, by its UUID; null: all lines. */
  readonly entry: string | null;
}

export interface ForkStore {
  /** Inside `write`. */
  insert(fork: Fork): void;
  /** How the task began; null: it is not a fork. */
  get(taskId: number): Fork | null;
  /** The tasks that were forked from this one, oldest first. */
  of(taskId: number): number[];
}

/** The forks' rows on one connection. */
export function createForkStore(database: Database.Database, writing: Writing): ForkStore {
  const insert = database.prepare(
    "INSERT INTO forks (task_id, from_task, session_id, turn, entry) VALUES (@taskId, @fromTask, @sessionId, @turn, @entry)",
  );
  const select = database.prepare<[number], Fork>(
    'SELECT task_id AS "taskId", from_task AS "fromTask", session_id AS "sessionId", turn, entry FROM forks WHERE task_id = ?',
  );
  const selectOf = database.prepare<[number], number>("SELECT task_id FROM forks WHERE from_task = ? ORDER BY task_id").pluck();
  return {
    insert: (fork) => {
      writing.touch(fork.taskId);
      insert.run(fork);
    },
    get: (taskId) => select.get(taskId) ?? null,
    of: (taskId) => selectOf.all(taskId),
  };
}
