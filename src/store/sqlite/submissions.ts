/**
 * Stores which tasks were submitted with an idempotency key. The operations decide what the same
 * key means.
 */
import type Database from "better-sqlite3";
import type { Writing } from "./group-commit.ts";

export interface Submission {
  readonly caller: string;
  readonly key: string;
  /** SHA-256 of the submitted input, hexadecimal. */
  readonly fingerprint: string;
  readonly taskIds: readonly number[];
}

export interface SubmissionStore {
  get(caller: string, key: string): Submission | null;
  /** Inside `write`. */
  insert(submission: Submission, now: number): void;
  /** Inside `write`. Deletes the oldest submissions from before `before`, at most `limit`. */
  forget(before: number, limit: number): void;
}

interface Row {
  readonly fingerprint: string;
  readonly taskIds: string;
}

export function createSubmissionStore(database: Database.Database, writing: Writing): SubmissionStore {
  const select = database.prepare<[string, string], Row>(
    'SELECT fingerprint, task_ids AS "taskIds" FROM submissions WHERE caller = ? AND key = ?',
  );
  const insertOne = database.prepare("INSERT INTO submissions (caller, key, fingerprint, task_ids, created_at) VALUES (?, ?, ?, ?, ?)");
  // In the order of ids, which is the order of arrival: the first young row ends the search.
  const deleteOld = database.prepare(
    "DELETE FROM submissions WHERE id IN (SELECT id FROM (SELECT id, created_at FROM submissions ORDER BY id LIMIT ?) WHERE created_at < ?)",
  );
  return {
    get: (caller, key) => {
      const row = select.get(caller, key);
      return row === undefined ? null : { caller, key, fingerprint: row.fingerprint, taskIds: JSON.parse(row.taskIds) as number[] };
    },
    insert: ({ caller, key, fingerprint, taskIds }, now) => {
      writing.mustBeInside();
      insertOne.run(caller, key, fingerprint, JSON.stringify(taskIds), now);
    },
    forget: (before, limit) => {
      writing.mustBeInside();
      deleteOld.run(limit, before);
    },
  };
}
