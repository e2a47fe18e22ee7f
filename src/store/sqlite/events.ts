/**
 * The events' rows: numbered on append, read by task, by attempt and by the global number. Nothing
 * changes an event.
 */
import type Database from "better-sqlite3";
import { WorkerError } from "../../domain/errors.ts";
import type { NewEvent, TaskEvent } from "../../domain/events/event.ts";
import type { Writing } from "./group-commit.ts";
import { defineRow } from "./row.ts";
import type { EventStore } from "../store.ts";

const eventRow = defineRow<TaskEvent>({
  id: "plain",
  taskId: "plain",
  seq: "plain",
  attemptId: "plain",
  type: "plain",
  at: "plain",
  data: "json",
});

export function createEventStore(database: Database.Database, writing: Writing): EventStore {
  const selectLastSeq = database.prepare<[number], number>("SELECT last_seq FROM tasks WHERE id = ?").pluck();
  const insertEvent = database.prepare("INSERT INTO events (task_id, seq, attempt_id, type, at, data) VALUES (?, ?, ?, ?, ?, ?)");
  const updateTask = database.prepare(
    `UPDATE tasks SET last_seq = @seq, updated_at = max(updated_at, @at), last_action = coalesce(@lastAction, last_action) WHERE id = @taskId`,
  );
  const select = `SELECT ${eventRow.select} FROM events`;
  const selectOfTask = database.prepare(`${select} WHERE task_id = +? AND seq > +? ORDER BY seq LIMIT +?`);
  const selectTail = database.prepare(`${select} WHERE task_id = +? ORDER BY seq DESC LIMIT +?`);
  const selectAll = database.prepare(`${select} WHERE id > +? ORDER BY id LIMIT +?`);
  // The sequence, not the newest row: it does not go back when a task is removed, so a cursor stays
  // valid.
  const selectLastId = database.prepare<[], number>("SELECT seq FROM sqlite_sequence WHERE name = 'events'").pluck();
  const selectOfAttempt = database.prepare(
    `${select} WHERE task_id = (SELECT task_id FROM attempts WHERE id = +@attemptId)
       AND seq >= (SELECT first_seq FROM attempts WHERE id = +@attemptId)
       AND attempt_id = +@attemptId AND type IN (SELECT value FROM json_each(+@types))
     ORDER BY seq`,
  );

  function append(taskId: number, attemptId: number | null, events: readonly NewEvent[], lastAction: string | null = null): TaskEvent[] {
    writing.touch(taskId);
    const lastSeq = selectLastSeq.get(taskId);
    if (lastSeq === undefined)
      throw new WorkerError("not_found", `Task ${taskId} does not exist (any more), so nothing can be added to its story.`);
    const appended = events.map((event, index) => insert(event, lastSeq + index + 1));
    const newest = appended.at(-1);
    if (newest !== undefined) updateTask.run({ taskId, seq: newest.seq, at: newest.at, lastAction });
    return appended;

    function insert({ type, at, data }: NewEvent, seq: number): TaskEvent {
      const { lastInsertRowid } = insertEvent.run(taskId, seq, attemptId, type, at, JSON.stringify(data));
      return { id: Number(lastInsertRowid), taskId, seq, attemptId, type, at, data };
    }
  }

  return {
    append,
    ofTask: (taskId, after, limit) => selectOfTask.all(taskId, after, limit).map((row) => eventRow.decode(row)),
    tail: (taskId, limit) =>
      selectTail
        .all(taskId, limit)
        .map((row) => eventRow.decode(row))
        .toReversed(),
    all: (afterId, limit) => selectAll.all(afterId, limit).map((row) => eventRow.decode(row)),
    lastId: () => selectLastId.get() ?? 0,
    ofAttempt: (attemptId, types) => selectOfAttempt.all({ attemptId, types: JSON.stringify(types) }).map((row) => eventRow.decode(row)),
  };
}
