/** Stores to which turns conversations were put back. */
import type Database from "better-sqlite3";
import type { Writing } from "./group-commit.ts";

export interface Rewind {
  /** The task's session from then on, which begins with a copy. */
  readonly sessionId: string;
  readonly taskId: number;
  /** The last turn that the copy has. */
  readonly turn: number;
  /** The session that is copied. */
  readonly fromSession: string;
  /** The last line of the session that is copied, by its UUID. */
  readonly entry: string;
  /** The session that the task had before. */
  readonly leftSession: string;
  /** The last turn of that session's conversation. */
  readonly wasTurn: number;
  /** How many turns the task had. */
  readonly turns: number;
  readonly at: number;
}

export interface RewindStore {
  /** Inside `write`. */
  insert(rewind: Rewind): void;
  /** How a session began; null: not with a rewind. */
  get(sessionId: string): Rewind | null;
}

/** The rewinds' rows on one connection. */
export function createRewindStore(database: Database.Database, writing: Writing): RewindStore {
  const insert = database.prepare(
    `INSERT INTO rewinds (session_id, task_id, turn, from_session, entry, left_session, was_turn, turns, at)
     VALUES (@sessionId, @taskId, @turn, @fromSession, @entry, @leftSession, @wasTurn, @turns, @at)`,
  );
  const select = database.prepare<[string], Rewind>(
    `SELECT session_id AS "sessionId", task_id AS "taskId", turn, from_session AS "fromSession", entry, left_session AS "leftSession",
       was_turn AS "wasTurn", turns, at FROM rewinds WHERE session_id = ?`,
  );
  return {
    insert: (rewind) => {
      writing.touch(rewind.taskId);
      insert.run(rewind);
    },
    get: (sessionId) => select.get(sessionId) ?? null,
  };
}
