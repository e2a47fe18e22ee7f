/**
 * Looks at a running server's database from outside, through a connection of its own that can only
 * read.
 */
import Database from "better-sqlite3";

export interface OpenAttempt {
  readonly id: number;
  readonly taskId: number;
  readonly runnerId: string;
  readonly pid: number | null;
}

export interface OpenQuestion {
  readonly id: number;
  readonly taskId: number;
  readonly kind: string;
  readonly rule: string | null;
}

export interface Observer {
  openAttempts(): OpenAttempt[];
  /** Every runner that ever had an attempt; a runner has one at most. */
  usedRunners(): ReadonlySet<string>;
  taskNamed(name: string): number | null;
  /** The fork of a task with this prompt. */
  forkWith(prompt: string): number | null;
  hasEnded(taskId: number): boolean;
  /** Empty: there is no such task. */
  statusOf(taskId: number): string;
  isBeingCancelled(taskId: number): boolean;
  /** Tasks of no workflow that wait for their first start. */
  pending(): number[];
  /** Of a run of a workflow. Empty: there is no such run. */
  flowStatus(id: number): string;
  /** Whether a due time of the schedule has its row. */
  hasFired(schedule: string): boolean;
  openQuestions(): OpenQuestion[];
  question(id: number): { readonly status: string; readonly answer: string | null };
  unfinished(): number;
  /** How often the worst task died in a row without a finished step. */
  worstPoison(): number;
  /**
   * Whether the task goes on, or cannot now, after this attempt was cut: closed, and a newer
   * attempt's agent has spoken.
   */
  isRecovered(attempt: OpenAttempt, workers: number): boolean;
  /** Copies the database, as it is now, into a new file. */
  copyTo(file: string): void;
  close(): void;
}

/** 1 where the task's group is full or paused, or one of its locks is held by another task. */
const laneIsTaken = `SELECT EXISTS (
    SELECT 1 FROM tasks JOIN json_each(tasks.locks) AS lock JOIN held_locks ON held_locks.name = lock.value
    WHERE tasks.id = @taskId AND held_locks.task_id <> tasks.id)
  OR EXISTS (
    SELECT 1 FROM tasks JOIN groups ON groups.name = tasks.group_name
    WHERE tasks.id = @taskId AND (groups.paused_at IS NOT NULL OR groups.max_running <=
      (SELECT count(*) FROM tasks AS other WHERE other.status = 'running' AND other.group_name = tasks.group_name)))`;

/** @param file it exists already. */
export function observe(file: string): Observer {
  const database = new Database(file, { readonly: true, fileMustExist: true, timeout: 20_000 });
  const select = <Row>(sql: string, ...values: unknown[]): Row[] => database.prepare<unknown[], Row>(sql).all(...values);
  const count = (sql: string, ...values: unknown[]): number =>
    Number(
      database
        .prepare(sql)
        .pluck()
        .get(...values) ?? 0,
    );
  const open = (): OpenAttempt[] =>
    select("SELECT id, task_id AS taskId, runner_id AS runnerId, pid FROM attempts WHERE ended_at IS NULL ORDER BY id");
  return {
    openAttempts: open,
    usedRunners: () => new Set(select<{ id: string }>("SELECT runner_id AS id FROM attempts").map(({ id }) => id)),
    taskNamed: (name) => count("SELECT id FROM tasks WHERE name = ?", name) || null,
    forkWith: (prompt) =>
      count(
        "SELECT tasks.id FROM forks JOIN tasks ON tasks.id = forks.task_id JOIN task_texts ON task_texts.task_id = tasks.id WHERE prompt = ?",
        prompt,
      ) || null,
    hasEnded: (taskId) => count("SELECT count(*) FROM tasks WHERE id = ? AND ended_at IS NOT NULL", taskId) > 0,
    statusOf: (taskId) => select<{ status: string }>("SELECT status FROM tasks WHERE id = ?", taskId)[0]?.status ?? "",
    isBeingCancelled: (taskId) => count("SELECT count(*) FROM tasks WHERE id = ? AND cancel_requested_at IS NOT NULL", taskId) > 0,
    pending: () =>
      select<{ id: number }>(
        "SELECT id FROM tasks WHERE status = 'pending' AND started_at IS NULL AND id NOT IN (SELECT task_id FROM workflow_tasks) ORDER BY id",
      ).map(({ id }) => id),
    flowStatus: (id) => select<{ status: string }>("SELECT status FROM workflows WHERE id = ?", id)[0]?.status ?? "",
    hasFired: (schedule) =>
      count(
        "SELECT count(*) FROM schedule_occurrences JOIN schedules ON schedules.id = schedule_id WHERE name = ? AND kind = 'due'",
        schedule,
      ) > 0,
    openQuestions: () => select("SELECT id, task_id AS taskId, kind, rule FROM questions WHERE status = 'open' ORDER BY id"),
    question: (id) =>
      select<{ status: string; answer: string | null }>("SELECT status, answer FROM questions WHERE id = ?", id)[0] ?? {
        status: "gone",
        answer: null,
      },
    unfinished: () => count("SELECT count(*) FROM tasks WHERE ended_at IS NULL"),
    worstPoison: () => count("SELECT max(poison_count) FROM tasks WHERE ended_at IS NULL"),
    isRecovered({ id, taskId }, workers) {
      if (count("SELECT count(*) FROM attempts WHERE id = ? AND ended_at IS NULL", id) > 0) return false;
      if (count("SELECT count(*) FROM tasks WHERE id = ? AND ended_at IS NOT NULL", taskId) > 0) return true;
      // It waits for a person, without a process.
      if (count("SELECT count(*) FROM tasks WHERE id = ? AND status = 'waiting'", taskId) > 0) return true;
      const spoken =
        "SELECT count(*) FROM events WHERE task_id = ? AND attempt_id > ? AND type IN ('init', 'text', 'tool_use', 'tool_result', 'result')";
      if (count(spoken, taskId, id) > 0) return true;
      const newer = count("SELECT count(*) FROM attempts WHERE task_id = ? AND id > ? AND ended_at IS NULL", taskId, id) > 0;
      if (newer) return false;
      // Another task has what it needs, or a person has paused its group.
      return open().length >= workers || count("SELECT count(*) FROM holds") > 0 || count(laneIsTaken, { taskId }) > 0;
    },
    copyTo: (target) => void database.prepare("VACUUM INTO ?").run(target),
    close: () => void database.close(),
  };
}
