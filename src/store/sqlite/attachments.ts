/**
 * Stores the bytes of the images of a task's prompt. They are deleted with the task (ON DELETE
 * CASCADE).
 */
import type Database from "better-sqlite3";
import type { Writing } from "./group-commit.ts";

export interface AttachmentStore {
  /** Inside `write`. Adds images behind those that the task has. */
  add(taskId: number, images: readonly Uint8Array[]): void;
  /** In the order of the task's `attachments`. */
  ofTask(taskId: number): Buffer[];
}

/** The attachments' rows on one connection. */
export function createAttachmentStore(database: Database.Database, writing: Writing): AttachmentStore {
  const insert = database.prepare(
    `INSERT INTO task_attachments (task_id, number, data)
     SELECT @taskId, coalesce(max(number), 0) + 1, @data FROM task_attachments WHERE task_id = @taskId`,
  );
  const select = database.prepare<[number], Buffer>("SELECT data FROM task_attachments WHERE task_id = ? ORDER BY number").pluck();
  return {
    add: (taskId, images) => {
      writing.touch(taskId);
      for (const data of images) insert.run({ taskId, data });
    },
    ofTask: (taskId) => select.all(taskId),
  };
}
