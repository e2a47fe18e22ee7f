/** Stores the runs of the commands that verify the work of tasks. */
import type Database from "better-sqlite3";
import type { Verification } from "../../domain/verification/verification.ts";
import type { Writing } from "./group-commit.ts";
import { defineRow } from "./row.ts";

type Started = Pick<Verification, "taskId" | "attemptId" | "name" | "command" | "startedAt" | "isBaseline">;
type Ended = Pick<Verification, "taskId" | "attemptId" | "name" | "state" | "exitCode" | "reason" | "outputTail" | "tree" | "tookMs">;

export interface VerificationStore {
  /** Every run of a task's commands, oldest first. */
  ofTask(taskId: number): Verification[];
  /** The name of the command that runs now; null: none does. Cheap. */
  running(taskId: number): string | null;
  /** Inside `write`. */
  start(run: Started): void;
  /** Inside `write`. Ends the run of this name that the attempt has started. */
  end(run: Ended): void;
  /** Inside `write`. The attempt has ended: what still ran was stopped with it. */
  stop(taskId: number, attemptId: number): void;
  /**
   * Inside `write`. The attempt left the files in this tree: what passed with other files is not
   * true for these. @returns how many runs that concerns.
   */
  outdateOthers(taskId: number, attemptId: number, tree: string): number;
  /**
   * Inside `write`. The files are those of this tree now, after the task's end: what passed in the
   * attempt is true for them, or not.
   */
  judge(taskId: number, attemptId: number, tree: string): void;
  /** Inside `write`. The task begins again: what was found is not true any more. */
  outdate(taskId: number): void;
}

const row = defineRow<Verification>({
  id: "plain",
  taskId: "plain",
  attemptId: "plain",
  name: "plain",
  command: "plain",
  state: "plain",
  exitCode: "plain",
  reason: "plain",
  outputTail: "plain",
  tree: "plain",
  startedAt: "plain",
  tookMs: "plain",
  isStale: "flag",
  isBaseline: "flag",
});

/** The runs' rows on one connection. */
export function createVerificationStore(database: Database.Database, writing: Writing): VerificationStore {
  const select = database.prepare<[number]>(`SELECT ${row.select} FROM verifications WHERE task_id = ? ORDER BY id`);
  const selectRunning = database
    .prepare<[number], string>(
      "SELECT name FROM verifications INDEXED BY verifications_running WHERE task_id = ? AND state = 'running' ORDER BY id DESC LIMIT 1",
    )
    .pluck();
  const insert = database.prepare(
    `INSERT INTO verifications (task_id, attempt_id, name, command, started_at, is_baseline)
     VALUES (@taskId, @attemptId, @name, @command, @startedAt, @isBaseline)`,
  );
  const setEnd = database.prepare(
    `UPDATE verifications SET state = @state, exit_code = @exitCode, reason = @reason, output_tail = @outputTail, tree = @tree, took_ms = @tookMs
     WHERE task_id = @taskId AND attempt_id = @attemptId AND name = @name AND state = 'running'`,
  );
  const setStopped = database.prepare(
    `UPDATE verifications SET state = 'stopped', reason = 'it was stopped with its attempt'
     WHERE task_id = @taskId AND attempt_id = @attemptId AND state = 'running'`,
  );
  const setStale = database.prepare("UPDATE verifications SET is_stale = 1 WHERE task_id = @taskId");
  const setOtherStale = database.prepare(
    `UPDATE verifications SET is_stale = 1
     WHERE task_id = @taskId AND attempt_id = @attemptId AND is_baseline = 0 AND state = 'passed' AND tree IS NOT NULL AND tree <> @tree`,
  );
  const setJudged = database.prepare(
    `UPDATE verifications SET is_stale = tree <> @tree
     WHERE task_id = @taskId AND attempt_id = @attemptId AND is_baseline = 0 AND state = 'passed' AND tree IS NOT NULL`,
  );
  return {
    ofTask: (taskId) => select.all(taskId).map((found) => row.decode(found)),
    running: (taskId) => selectRunning.get(taskId) ?? null,
    start: (run) => {
      writing.touch(run.taskId);
      insert.run({ ...run, isBaseline: row.encode("isBaseline", run.isBaseline) });
    },
    end: (run) => {
      writing.touch(run.taskId);
      setEnd.run(run);
    },
    stop: (taskId, attemptId) => {
      writing.touch(taskId);
      setStopped.run({ taskId, attemptId });
    },
    outdateOthers: (taskId, attemptId, tree) => {
      writing.touch(taskId);
      return setOtherStale.run({ taskId, attemptId, tree }).changes;
    },
    judge: (taskId, attemptId, tree) => {
      writing.touch(taskId);
      setJudged.run({ taskId, attemptId, tree });
    },
    outdate: (taskId) => {
      writing.touch(taskId);
      setStale.run({ taskId });
    },
  };
}
