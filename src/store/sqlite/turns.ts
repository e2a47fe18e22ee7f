/**
 * Stores the ids of the model's messages, so that each message counts as one turn even when it is
 * read twice.
 */
import type Database from "better-sqlite3";
import type { Writing } from "./group-commit.ts";

export interface TurnStore {
  /**
   * Inside `write`. Counts a new message (`num_turns` of its task).
   * @returns its number; null: the task does not exist.
   */
  count(taskId: number, messageId: string): number | null;
  /** How many turns a task has had, over all attempts. */
  inAll(taskId: number): number;
  /** The number of the turn with this message; null: it was not counted. */
  numberOf(taskId: number, messageId: string): number | null;
  /** The id of the message of a turn; null: the task has no such turn. */
  messageOf(taskId: number, turn: number): string | null;
}

/** The turns' rows on one connection. */
export function createTurnStore(database: Database.Database, writing: Writing): TurnStore {
  const insert = database.prepare(
    `INSERT OR IGNORE INTO turns (task_id, message_id, number)
     SELECT id, @messageId, coalesce(num_turns, 0) + 1 FROM tasks WHERE id = @taskId`,
  );
  const selectCount = database.prepare<[number], number | null>("SELECT num_turns FROM tasks WHERE id = ?").pluck();
  const add = database.prepare("UPDATE tasks SET num_turns = coalesce(num_turns, 0) + 1 WHERE id = ?");
  const select = database.prepare<[number, string], number>("SELECT number FROM turns WHERE task_id = ? AND message_id = ?").pluck();
  const selectMessage = database.prepare<[number, number], string>("SELECT message_id FROM turns WHERE task_id = ? AND number = ?").pluck();
  return {
    inAll: (taskId) => selectCount.get(taskId) ?? 0,
    numberOf: (taskId, messageId) => select.get(taskId, messageId) ?? null,
    messageOf: (taskId, turn) => selectMessage.get(taskId, turn) ?? null,
    count: (taskId, messageId) => {
      writing.touch(taskId);
      if (insert.run({ taskId, messageId }).changes > 0) add.run(taskId);
      return select.get(taskId, messageId) ?? null;
    },
  };
}
