/** Stores where the work of tasks was applied. */
import type Database from "better-sqlite3";
import type { Apply } from "../../domain/workspace/apply.ts";
import type { Writing } from "./group-commit.ts";

export interface ApplyStore {
  /** Inside `write`. */
  insert(apply: Apply): void;
  /** The newest; null: there is none. */
  last(taskId: number): Apply | null;
}

/** The applies' rows on one connection. */
export function createApplyStore(database: Database.Database, writing: Writing): ApplyStore {
  const insert = database.prepare(
    `INSERT INTO applies (task_id, way, branch, snapshot, tree, onto, result, at)
     VALUES (@taskId, @way, @branch, @snapshot, @tree, @onto, @result, @at)`,
  );
  const select = database.prepare<[number], Apply>(
    `SELECT task_id AS "taskId", way, branch, snapshot, tree, onto, result, at FROM applies WHERE task_id = ? ORDER BY id DESC LIMIT 1`,
  );
  return {
    insert: (apply) => {
      writing.touch(apply.taskId);
      insert.run(apply);
    },
    last: (taskId) => select.get(taskId) ?? null,
  };
}
