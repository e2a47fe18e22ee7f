/** Stores schedules, and what became of their due times. */
import type Database from "better-sqlite3";
import type { Occurrence, Schedule, SubmittedRun } from "../../domain/schedules/schedule.ts";
import { keptRows } from "../../domain/schedules/schedule.ts";
import type { Content } from "../../domain/notifications/content.ts";
import type { Writing } from "./group-commit.ts";
import type { Outbox } from "./outbox.ts";
import { prepareReturning } from "./returning.ts";
import { defineRow } from "./row.ts";

export type NewSchedule = Omit<Schedule, "id" | "revision" | "nextDueAt" | "nextFireAt">;
export type SchedulePatch = Partial<Omit<Schedule, "id" | "revision" | "createdAt">>;
export type NewOccurrence = Omit<Occurrence, "id">;

export interface ScheduleStore {
  /** By name. */
  list(): Schedule[];
  get(id: number): Schedule | null;
  byName(name: string): Schedule | null;
  count(): number;
  /** Inside `write`. Null: the name is taken. */
  insert(schedule: NewSchedule): Schedule | null;
  /** Inside `write`. Counts its revision. Null: there is none, or the new name is taken. */
  patch(id: number, patch: SchedulePatch): Schedule | null;
  /** Inside `write`. With its rows; its tasks stay. False: there was none. */
  remove(id: number): boolean;
  /** The schedule that is to be acted on first at `now`; null: none is. */
  due(now: number): Schedule | null;
  /** When the next one is to be acted on; null: none will be. */
  nextFireAt(): number | null;
  /**
   * Inside `write`. Adds a row, and forgets old ones without tasks.
   * @returns null: there is a row of this due time.
   */
  addOccurrence(occurrence: NewOccurrence): Occurrence | null;
  /** Newest first. @param before only rows with a smaller id. */
  occurrences(scheduleId: number, limit: number, before?: number): Occurrence[];
  /** The newest row that is not a skipped one. */
  lastRun(scheduleId: number): Occurrence | null;
  /**
   * The row of the task, or of the workflow's run that it belongs to; null: no schedule submitted
   * it, or the schedule was removed.
   */
  ofTask(taskId: number): Pick<Occurrence, "scheduleId" | "dueAt" | "kind"> | null;
  /** The row of a workflow's run; null: as `ofTask`. */
  ofWorkflow(workflowId: number): Pick<Occurrence, "scheduleId" | "dueAt" | "kind"> | null;
  hasRow(scheduleId: number, dueAt: number): boolean;
  /** Inside `write`. Forgets rows of due times after `now` that have led to nothing. */
  takeBack(scheduleId: number, now: number): number;
  /** Tasks and runs of the newest due times that have not ended, oldest first. */
  running(scheduleId: number): SubmittedRun[];
  /** Inside `write`. Notifies people of something about a schedule. */
  notify(content: Content, labels: Readonly<Record<string, string>>, occurrence: string, at: number): void;
}

const kinds = {
  id: "plain",
  name: "plain",
  cron: "plain",
  at: "plain",
  everyMs: "plain",
  anchor: "plain",
  timeZone: "plain",
  endAt: "plain",
  missed: "plain",
  overlap: "plain",
  jitterMs: "plain",
  targetKind: "plain",
  target: "json",
  callerName: "plain",
  callerScope: "plain",
  tokenId: "plain",
  pausedAt: "plain",
  pauseReason: "plain",
  failures: "plain",
  nextDueAt: "plain",
  nextFireAt: "plain",
  revision: "plain",
  createdAt: "plain",
  updatedAt: "plain",
} as const satisfies Record<keyof Schedule, string>;
const row = defineRow<Schedule>(kinds);
const fields = (Object.keys(kinds) as (keyof Schedule)[]).filter((field) => field !== "id" && field !== "revision");
const occurrenceRow = defineRow<Occurrence>({
  id: "plain",
  scheduleId: "plain",
  kind: "plain",
  dueAt: "plain",
  state: "plain",
  reason: "plain",
  message: "plain",
  taskId: "plain",
  workflowId: "plain",
  isCatchUp: "flag",
  by: "plain",
  at: "plain",
});

/** Runs that wait for each other are fewer. */
const mostLookedAt = 50;

/** The schedules' rows on one connection. */
export function createScheduleStore(database: Database.Database, writing: Writing, outbox: Outbox): ScheduleStore {
  const select = `SELECT ${row.select} FROM schedules`;
  const selectAll = database.prepare(`${select} ORDER BY name`);
  const selectOne = database.prepare(`${select} WHERE id = ?`);
  const selectByName = database.prepare(`${select} WHERE name = ?`);
  const selectCount = database.prepare<[], number>("SELECT count(*) FROM schedules").pluck();
  const selectDue = database.prepare(`${select} WHERE next_fire_at <= ? ORDER BY next_fire_at, id LIMIT 1`);
  const selectNext = database
    .prepare<[], number | null>("SELECT next_fire_at FROM schedules WHERE next_fire_at IS NOT NULL ORDER BY next_fire_at LIMIT 1")
    .pluck();
  const columns = fields.map((field) => row.column(field));
  const insert = prepareReturning(
    database,
    `INSERT INTO schedules (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")}) ON CONFLICT (name) DO NOTHING RETURNING ${row.select}`,
  );
  const update = prepareReturning(
    database,
    `UPDATE OR IGNORE schedules SET ${columns.map((column) => `${column} = ?`).join(", ")}, revision = revision + 1 WHERE id = ? RETURNING ${row.select}`,
  );
  const deleteOne = database.prepare<[number]>("DELETE FROM schedules WHERE id = ?");

  const selectRows = `SELECT ${occurrenceRow.select} FROM schedule_occurrences`;
  const insertRow = prepareReturning(
    database,
    `INSERT INTO schedule_occurrences (schedule_id, kind, due_at, state, reason, message, task_id, workflow_id, is_catch_up, by, at)
     VALUES (@scheduleId, @kind, @dueAt, @state, @reason, @message, @taskId, @workflowId, @isCatchUp, @by, @at) ON CONFLICT DO NOTHING RETURNING ${occurrenceRow.select}`,
  );
  const trim = database.prepare<{ id: number; kept: number }>(
    `DELETE FROM schedule_occurrences WHERE schedule_id = @id AND task_id IS NULL AND workflow_id IS NULL AND id <=
       (SELECT id FROM schedule_occurrences INDEXED BY schedule_occurrences_bare
        WHERE schedule_id = @id AND task_id IS NULL AND workflow_id IS NULL ORDER BY id DESC LIMIT 1 OFFSET @kept)`,
  );
  const selectNewest = database.prepare(`${selectRows} WHERE schedule_id = ? AND id < ? ORDER BY id DESC LIMIT ?`);
  const selectLast = database.prepare(`${selectRows} WHERE schedule_id = ? AND state <> 'skipped' ORDER BY id DESC LIMIT 1`);
  const selectOfTask = database.prepare<[number]>(`${selectRows} WHERE task_id = ? ORDER BY id DESC LIMIT 1`);
  const selectOfWorkflow = database.prepare<[number]>(`${selectRows} WHERE workflow_id = ? ORDER BY id DESC LIMIT 1`);
  const selectOfStep = database.prepare<[number]>(
    `${selectRows} WHERE workflow_id = (SELECT workflow_id FROM workflow_tasks WHERE task_id = ?) ORDER BY id DESC LIMIT 1`,
  );
  const selectHas = database.prepare<[number, number]>(
    "SELECT 1 FROM schedule_occurrences WHERE schedule_id = ? AND due_at = ? AND kind = 'due'",
  );
  const deleteFuture = database.prepare<[number, number]>(
    "DELETE FROM schedule_occurrences WHERE schedule_id = ? AND due_at > ? AND kind = 'due' AND state = 'skipped'",
  );
  const selectRunning = database.prepare<[number, number], { taskId: number | null; workflowId: number | null }>(
    `SELECT newest.task_id AS "taskId", newest.workflow_id AS "workflowId" FROM
       (SELECT task_id, workflow_id, due_at FROM schedule_occurrences
        WHERE schedule_id = ? AND kind = 'due' AND (task_id IS NOT NULL OR workflow_id IS NOT NULL) ORDER BY due_at DESC LIMIT ?) AS newest
     LEFT JOIN tasks ON tasks.id = newest.task_id LEFT JOIN workflows ON workflows.id = newest.workflow_id
     WHERE tasks.status IN ('pending', 'running', 'waiting') OR workflows.status = 'running' ORDER BY newest.due_at`,
  );

  const decoded = (found: unknown): Schedule | null => (found === undefined ? null : row.decode(found));
  const values = (schedule: NewSchedule | Schedule): unknown[] =>
    fields.map((field) => row.encode(field, (schedule as Partial<Schedule>)[field]));
  const get = (id: number): Schedule | null => decoded(selectOne.get(id));

  return {
    list: () => selectAll.all().map((found) => row.decode(found)),
    get,
    byName: (name) => decoded(selectByName.get(name)),
    count: () => selectCount.get() ?? 0,
    insert: (schedule) => {
      writing.mustBeInside();
      return decoded(insert(...values(schedule)));
    },
    patch: (id, patch) => {
      writing.mustBeInside();
      const before = get(id);
      return before === null ? null : decoded(update(...values({ ...before, ...patch }), id));
    },
    remove: (id) => {
      writing.mustBeInside();
      return deleteOne.run(id).changes > 0;
    },
    due: (now) => decoded(selectDue.get(now)),
    nextFireAt: () => selectNext.get() ?? null,
    addOccurrence: (occurrence) => {
      writing.mustBeInside();
      const stored = insertRow({ ...occurrence, isCatchUp: Number(occurrence.isCatchUp) });
      if (stored === undefined) return null;
      trim.run({ id: occurrence.scheduleId, kept: keptRows });
      return occurrenceRow.decode(stored);
    },
    occurrences: (id, limit, before = Number.MAX_SAFE_INTEGER) =>
      selectNewest.all(id, before, limit).map((found) => occurrenceRow.decode(found)),
    lastRun: (id) => {
      const found = selectLast.get(id);
      return found === undefined ? null : occurrenceRow.decode(found);
    },
    ofTask: (taskId) => {
      const found = selectOfTask.get(taskId) ?? selectOfStep.get(taskId);
      return found === undefined ? null : occurrenceRow.decode(found);
    },
    ofWorkflow: (workflowId) => {
      const found = selectOfWorkflow.get(workflowId);
      return found === undefined ? null : occurrenceRow.decode(found);
    },
    hasRow: (id, dueAt) => selectHas.get(id, dueAt) !== undefined,
    takeBack: (id, now) => {
      writing.mustBeInside();
      return deleteFuture.run(id, now).changes;
    },
    running: (id) =>
      selectRunning.all(id, mostLookedAt).map(({ taskId, workflowId }) => {
        return workflowId === null ? { kind: "task", id: taskId ?? 0 } : { kind: "workflow", id: workflowId };
      }),
    notify: (content, labels, occurrence, at) => {
      writing.mustBeInside();
      outbox.ofSchedule(content, labels, occurrence, at);
    },
  };
}
