/**
 * Stores attempts: claim, adopt, progress, close. Every change requires that the attempt is open
 * and of this server's epoch.
 */
import type Database from "better-sqlite3";
import { WorkerError } from "../../domain/errors.ts";
import type { Attempt } from "../../domain/task/task.ts";
import { next, sourcesOf } from "../../domain/task/transitions.ts";
import type { Writing } from "./group-commit.ts";
import { defineRow } from "./row.ts";
import type { Bindable } from "./row.ts";
import { createStatements } from "./statements.ts";
import type { AttemptStore, TaskStore } from "../store.ts";

const attemptRow = defineRow<Attempt>({
  id: "plain",
  taskId: "plain",
  number: "plain",
  runnerId: "plain",
  nodeId: "plain",
  epoch: "plain",
  sessionId: "plain",
  resume: "flag",
  warm: "flag",
  startedAt: "plain",
  startedUp: "plain",
  lastUp: "plain",
  endedAt: "plain",
  outcome: "json",
  journalStart: "plain",
  journalOffset: "plain",
  lastRecord: "plain",
  pid: "plain",
  bootId: "plain",
  pidStart: "plain",
  stopRequested: "plain",
  account: "plain",
  sessionSpent: "json",
});

type AttemptPatch = Parameters<AttemptStore["patch"]>[1];

interface AttemptStoreOptions {
  readonly epoch: number;
  readonly writing: Writing;
  readonly tasks: Pick<TaskStore, "get">;
  /** Gives a task that was claimed its locks. */
  readonly settleLocks: (taskId: number) => void;
}

export function createAttemptStore(database: Database.Database, { epoch, writing, tasks, settleLocks }: AttemptStoreOptions): AttemptStore {
  const statements = createStatements(database);
  const claimable = sourcesOf("claim")
    .map((status) => `'${status}'`)
    .join(", ");
  const insertAttempt = database.prepare(
    `INSERT INTO attempts (task_id, number, first_seq, runner_id, node_id, session_id, resume, warm, boot_id, account, journal_start, journal_offset, epoch, started_at, started_up)
     SELECT id, attempt_count + 1, last_seq + 1, @runnerId, @nodeId, @sessionId, @resume, @warm, @bootId, @account, @journalStart, @journalStart, @epoch, @now, @startedUp
     FROM tasks WHERE id = @taskId AND status IN (${claimable})`,
  );
  const startTask = database.prepare(
    `UPDATE tasks SET status = @running, open_attempt_id = @attemptId, attempt_count = attempt_count + 1, num_turns = coalesce(num_turns, 0),
       started_at = coalesce(started_at, @now), not_before = NULL, not_before_reason = NULL, answered_at = NULL, updated_at = @now
     WHERE id = @taskId AND status IN (${claimable})`,
  );
  const selectOne = database.prepare(`SELECT ${attemptRow.select} FROM attempts WHERE id = ?`);
  const selectOfTask = database.prepare(`SELECT ${attemptRow.select} FROM attempts WHERE task_id = ? ORDER BY number`);
  const selectLastEnded = database.prepare(
    `SELECT ${attemptRow.select} FROM attempts WHERE task_id = ? AND ended_at IS NOT NULL ORDER BY number DESC LIMIT 1`,
  );
  const selectOpen = database.prepare(
    `SELECT ${attemptRow.select} FROM attempts INDEXED BY attempts_open WHERE ended_at IS NULL ORDER BY id`,
  );
  const held = "id = @id AND ended_at IS NULL AND epoch = @epoch";
  const takeOver = database.prepare("UPDATE attempts SET epoch = @epoch WHERE id = @id AND ended_at IS NULL AND epoch <= @epoch");
  const advanceAttempt = database.prepare(
    `UPDATE attempts SET journal_offset = @journalOffset, last_record = @lastRecord, last_up = coalesce(@lastUp, last_up)
     WHERE ${held} AND journal_offset <= @journalOffset AND last_record <= @lastRecord`,
  );
  const closeAttempt = database.prepare(`UPDATE attempts SET ended_at = @now, outcome = @outcome WHERE ${held}`);
  // A task that waits for a person has lost its kept runner. That does not change its status.
  const forgetKept = database.prepare(
    "UPDATE tasks SET open_attempt_id = NULL WHERE open_attempt_id = ? AND status = 'waiting' AND id = ?",
  );

  function get(id: number): Attempt | null {
    const row = selectOne.get(id);
    return row === undefined ? null : attemptRow.decode(row);
  }

  function claim(taskId: number, attempt: Parameters<AttemptStore["claim"]>[1], now: number): ReturnType<AttemptStore["claim"]> {
    writing.touch(taskId);
    const { runnerId, nodeId, sessionId, bootId, account = null, startedUp = null, journalStart } = attempt;
    const flags = { resume: Number(attempt.resume), warm: Number(attempt.warm) };
    const inserted = insertAttempt.run({
      taskId,
      runnerId,
      nodeId,
      sessionId,
      bootId,
      account,
      startedUp,
      journalStart,
      ...flags,
      epoch,
      now,
    });
    if (inserted.changes === 0) return null;
    const attemptId = Number(inserted.lastInsertRowid);
    startTask.run({ taskId, attemptId, running: next("pending", "claim"), now });
    settleLocks(taskId);
    const claimed = get(attemptId);
    const task = tasks.get(taskId);
    if (claimed === null || task === null) throw new WorkerError("internal", `Task ${taskId} is gone in the middle of its claim.`);
    return { task, attempt: claimed };
  }

  function patch(id: number, change: AttemptPatch): Attempt | null {
    const before = touchTaskOf(id);
    const fields = (Object.keys(change) as (keyof AttemptPatch)[]).filter((field) => change[field] !== undefined);
    if (before === null || fields.length === 0) return before?.epoch === epoch && before.endedAt === null ? before : null;
    const values: Record<string, Bindable> = { id, epoch };
    for (const field of fields) values[field] = attemptRow.encode(field, change[field]);
    const sets = fields.map((field) => `${attemptRow.column(field)} = @${field}`).join(", ");
    return statements.get(`UPDATE attempts SET ${sets} WHERE ${held}`).run(values).changes === 0 ? null : get(id);
  }

  /** Returns the attempt, and notes that the current write changes its task. */
  function touchTaskOf(id: number): Attempt | null {
    writing.mustBeInside();
    const attempt = get(id);
    if (attempt !== null) writing.touch(attempt.taskId);
    return attempt;
  }

  return {
    claim,
    get,
    ofTask: (taskId) => selectOfTask.all(taskId).map((row) => attemptRow.decode(row)),
    lastOutcome: (taskId) => {
      const row = selectLastEnded.get(taskId);
      return row === undefined ? null : attemptRow.decode(row).outcome;
    },
    open: () => selectOpen.all().map((row) => attemptRow.decode(row)),
    adopt: (id) => {
      touchTaskOf(id);
      return takeOver.run({ id, epoch }).changes === 0 ? null : get(id);
    },
    patch,
    advance: (id, journalOffset, lastRecord, lastUp = null) => {
      writing.mustBeInside();
      return advanceAttempt.run({ id, epoch, journalOffset, lastRecord, lastUp }).changes > 0;
    },
    close: (id, outcome, now) => {
      const attempt = touchTaskOf(id);
      if (closeAttempt.run({ id, epoch, outcome: attemptRow.encode("outcome", outcome), now }).changes === 0) return false;
      if (attempt !== null) forgetKept.run(id, attempt.taskId);
      return true;
    },
  };
}
