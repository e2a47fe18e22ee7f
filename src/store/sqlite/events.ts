/**
 * Stores events: numbers them on append, and reads them by task, by attempt and by global number.
 * Stored events never change.
 */
import type Database from "better-sqlite3";
import { WorkerError } from "../../domain/errors.ts";
import type { EventType, NewEvent, TaskEvent, TaskEventOf } from "../../domain/events/event.ts";
import { readEvent } from "../../domain/events/read-event.ts";
import { arrayOf, isObject, objectOf } from "../../domain/text/read-json.ts";
import type { Writing } from "./group-commit.ts";
import type { Outbox } from "./outbox.ts";
import type { CountUsage } from "./usage-counters.ts";
import { defineRow } from "./row.ts";
import type { EventStore } from "../store.ts";

/** A row as any version wrote it. `data` also holds the event's lines, as `summary`. */
interface EventRow {
  readonly id: number;
  readonly taskId: number;
  readonly seq: number;
  readonly attemptId: number | null;
  readonly type: string;
  readonly at: number;
  readonly data: unknown;
}

const eventRow = defineRow<EventRow>({
  id: "plain",
  taskId: "plain",
  seq: "plain",
  attemptId: "plain",
  type: "plain",
  at: "plain",
  data: "json",
});

interface Parts {
  readonly outbox: Pick<Outbox, "ofEvent">;
  readonly countUsage: CountUsage;
}

export function createEventStore(database: Database.Database, writing: Writing, { outbox, countUsage }: Parts): EventStore {
  const selectLastSeq = database.prepare<[number], number>("SELECT last_seq FROM tasks WHERE id = ?").pluck();
  const insertEvent = database.prepare("INSERT INTO events (task_id, seq, attempt_id, type, at, data) VALUES (?, ?, ?, ?, ?, ?)");
  const updateTask = database.prepare(
    `UPDATE tasks SET last_seq = @seq, updated_at = max(updated_at, @at), last_action = coalesce(@lastAction, last_action) WHERE id = @taskId`,
  );
  const select = `SELECT ${eventRow.select} FROM events`;
  const selectOfTask = database.prepare(`${select} WHERE task_id = ? AND seq > ? ORDER BY seq LIMIT ?`);
  const selectTail = database.prepare(`${select} WHERE task_id = ? ORDER BY seq DESC LIMIT ?`);
  const selectAll = database.prepare(`${select} WHERE id > ? ORDER BY id LIMIT ?`);
  // Reads the sequence, not the newest row: the sequence does not go back when a task is removed,
  // so a cursor stays valid.
  const selectLastId = database.prepare<[], number>("SELECT seq FROM sqlite_sequence WHERE name = 'events'").pluck();
  const selectOfAttempt = database.prepare(
    `${select} WHERE task_id = (SELECT task_id FROM attempts WHERE id = @attemptId)
       AND seq >= (SELECT first_seq FROM attempts WHERE id = @attemptId)
       AND attempt_id = @attemptId AND type IN (SELECT value FROM json_each(@types))
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
    // After the task's row is as the events left it: a notification says how the task stands.
    for (const event of appended) outbox.ofEvent(event);
    return appended;

    function insert(event: NewEvent, seq: number): TaskEvent {
      const { type, at, data, summary } = event;
      const held = JSON.stringify(summary === undefined ? data : { ...data, summary });
      const { lastInsertRowid } = insertEvent.run(taskId, seq, attemptId, type, at, held);
      if (type === "result") countUsage({ taskId, attemptId, at, data: held });
      return { id: Number(lastInsertRowid), taskId, seq, attemptId, ...event };
    }
  }

  return {
    append,
    ofTask: (taskId, after, limit) => selectOfTask.all(taskId, after, limit).map(eventOf),
    tail: (taskId, limit) => selectTail.all(taskId, limit).map(eventOf).toReversed(),
    all: (afterId, limit) => selectAll.all(afterId, limit).map(eventOf),
    lastId: () => selectLastId.get() ?? 0,
    ofAttempt: <T extends EventType>(attemptId: number, types: readonly T[]) =>
      selectOfAttempt
        .all({ attemptId, types: JSON.stringify(types) })
        .map(eventOf)
        .filter((event): event is TaskEventOf<T> => event.type !== "unknown"),
  };
}

/**
 * The event of a row. An event that this version cannot read becomes one of the type `unknown` with
 * the stored data.
 */
function eventOf(row: unknown): TaskEvent {
  const { id, taskId, seq, attemptId, type, at, data } = eventRow.decode(row);
  const { summary, ...own } = objectOf(data);
  const body = readEvent(type, isObject(data) ? own : data);
  const head = { id, taskId, seq, attemptId, at };
  if (summary === undefined) return { ...head, ...body };
  return { ...head, ...body, summary: arrayOf(summary).filter((line) => typeof line === "string") };
}
