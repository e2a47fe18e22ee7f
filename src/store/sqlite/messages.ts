/**
 * Stores messages. Each change of a status is guarded: a message that is not in the state before it
 * keeps what it has.
 */
import type Database from "better-sqlite3";
import type { Message } from "../../domain/messages/message.ts";
import type { Writing } from "./group-commit.ts";
import { prepareReturning } from "./returning.ts";
import { defineRow } from "./row.ts";

export type NewMessage = Pick<Message, "taskId" | "key" | "text" | "delivery" | "continues" | "sentBy" | "byAgent" | "queuedAt">;

export interface MessageStore {
  get(id: number): Message | null;
  find(key: string): Message | null;
  /** All messages of a task, oldest first. */
  ofTask(taskId: number): Message[];
  /** The messages of a task that are queued or delivered, oldest first. */
  open(taskId: number): Message[];
  /** Cheap: whether the task has queued messages. */
  hasQueued(taskId: number): boolean;
  /** The queued messages of a sender, over all tasks, oldest first. */
  queuedBy(sender: string): Message[];
  /** Inside `write`. */
  insert(message: NewMessage): Message;
  /** Inside `write`. Gives the open messages of a task to an attempt. */
  give(taskId: number, attemptId: number): void;
  /** Inside `write`. The runner of this attempt has the queued messages, and its task waits now. */
  passed(taskId: number, attemptId: number): void;
  /** Inside `write`. The queued messages of a task continue it after its end. */
  continueTask(taskId: number): void;
  /** Inside `write`. Null: it was not queued. */
  delivered(id: number, now: number): Message | null;
  /** Inside `write`. Null: it was not delivered. */
  done(id: number, now: number): Message | null;
  /** Inside `write`. Claude Code answered it itself. */
  note(id: number, text: string): void;
  /** Inside `write`. Null: it was not queued. */
  cancel(id: number, now: number): Message | null;
  /**
   * Inside `write`. The task has ended, and with it the turns that took its messages. A cancelled
   * one takes no more. @returns the messages that are done or cancelled by that.
   */
  end(taskId: number, isCancelled: boolean, now: number): Message[];
}

const row = defineRow<Message>({
  id: "plain",
  taskId: "plain",
  key: "plain",
  text: "plain",
  delivery: "plain",
  status: "plain",
  continues: "flag",
  attemptId: "plain",
  passedTo: "plain",
  sentBy: "plain",
  byAgent: "flag",
  queuedAt: "plain",
  deliveredAt: "plain",
  endedAt: "plain",
  note: "plain",
});

/** The messages' rows on one connection. */
export function createMessageStore(database: Database.Database, writing: Writing): MessageStore {
  const select = `SELECT ${row.select} FROM messages`;
  const selectOne = database.prepare<[number]>(`${select} WHERE id = ?`);
  const selectKey = database.prepare<[string]>(`${select} WHERE key = ?`);
  const selectOfTask = database.prepare<[number]>(`${select} WHERE task_id = ? ORDER BY id`);
  const selectOpen = database.prepare<[number]>(
    `${select} INDEXED BY messages_open WHERE task_id = ? AND status IN ('queued', 'delivered') ORDER BY id`,
  );
  const selectQueued = database
    .prepare<[number], number>(
      "SELECT 1 FROM messages INDEXED BY messages_open WHERE task_id = ? AND status IN ('queued', 'delivered') AND +status = 'queued' LIMIT 1",
    )
    .pluck();
  const selectBy = database.prepare<[string]>(
    `${select} INDEXED BY messages_open WHERE status IN ('queued', 'delivered') AND +status = 'queued' AND sent_by = ? ORDER BY id`,
  );
  const insert = prepareReturning(
    database,
    `INSERT INTO messages (task_id, key, text, delivery, continues, sent_by, by_agent, queued_at)
     VALUES (@taskId, @key, @text, @delivery, @continues, @sentBy, @byAgent, @queuedAt) RETURNING ${row.select}`,
  );
  const update = (set: string, from: string) =>
    prepareReturning(database, `UPDATE messages SET ${set} WHERE id = @id AND status = '${from}' RETURNING ${row.select}`);
  const setDelivered = update("status = 'delivered', delivered_at = @now", "queued");
  const setDone = update("status = 'done', ended_at = @now", "delivered");
  const setCancelled = update("status = 'cancelled', ended_at = @now", "queued");
  const setNote = database.prepare<{ id: number; text: string }>("UPDATE messages SET note = @text WHERE id = @id");
  const giveOpen = database.prepare(
    "UPDATE messages SET attempt_id = @attemptId WHERE task_id = @taskId AND status IN ('queued', 'delivered')",
  );
  const setPassed = database.prepare("UPDATE messages SET passed_to = @attemptId WHERE task_id = @taskId AND status = 'queued'");
  const setContinues = database.prepare("UPDATE messages SET continues = 1 WHERE task_id = @taskId AND status = 'queued'");
  const one = (found: unknown): Message | null => (found === undefined ? null : row.decode(found));
  const all = (found: unknown[]): Message[] => found.map((each) => row.decode(each));
  const open = (taskId: number): Message[] => all(selectOpen.all(taskId));
  const change =
    (run: (values: { id: number; now: number }) => unknown) =>
    (id: number, now: number): Message | null => {
      writing.mustBeInside();
      const changed = one(run({ id, now }));
      if (changed !== null) writing.touch(changed.taskId);
      return changed;
    };
  const done = change(setDone);
  const cancel = change(setCancelled);
  return {
    get: (id) => one(selectOne.get(id)),
    find: (key) => one(selectKey.get(key)),
    ofTask: (taskId) => all(selectOfTask.all(taskId)),
    open,
    hasQueued: (taskId) => selectQueued.get(taskId) !== undefined,
    queuedBy: (sender) => all(selectBy.all(sender)),
    insert: (message) => {
      writing.touch(message.taskId);
      const flags = { continues: row.encode("continues", message.continues), byAgent: row.encode("byAgent", message.byAgent) };
      return row.decode(insert({ ...message, ...flags }));
    },
    give: (taskId, attemptId) => {
      writing.touch(taskId);
      giveOpen.run({ taskId, attemptId });
    },
    passed: (taskId, attemptId) => {
      writing.touch(taskId);
      setPassed.run({ taskId, attemptId });
    },
    continueTask: (taskId) => {
      writing.touch(taskId);
      setContinues.run({ taskId });
    },
    delivered: change(setDelivered),
    done,
    note: (id, text) => {
      writing.mustBeInside();
      setNote.run({ id, text });
    },
    cancel,
    end: (taskId, isCancelled, now) =>
      open(taskId).flatMap(({ id, delivery }) => done(id, now) ?? (isCancelled || delivery === "dismiss" ? cancel(id, now) : null) ?? []),
  };
}
