/** Stores the snapshots of tasks' files. */
import type Database from "better-sqlite3";
import type { Checkpoint } from "../../domain/workspace/workspace.ts";
import type { Writing } from "./group-commit.ts";
import { defineRow } from "./row.ts";

/** Where a checkpoint is in git. */
export interface NamedCheckpoint extends Pick<Checkpoint, "taskId" | "number" | "ref" | "commit"> {
  /** The common git directory. */
  readonly repository: string;
}

export interface CheckpointStore {
  /** Oldest first. */
  ofTask(taskId: number): Checkpoint[];
  get(taskId: number, number: number): Checkpoint | null;
  /** The oldest; null: there is none. */
  first(taskId: number): Checkpoint | null;
  /** The newest; null: there is none. */
  last(taskId: number): Checkpoint | null;
  /** The next ones of all tasks that are there, in the order of `(taskId, number)`. */
  after(last: Pick<Checkpoint, "taskId" | "number">, count: number): NamedCheckpoint[];
  /** The newest of all tasks that share the worktree of this host; null: there is none. */
  lastShared(host: number): Checkpoint | null;
  /** Tasks that were removed, and whose checkpoints are left. */
  stray(): number[];
  /** Inside `write`. Forgets the checkpoints of a task. */
  remove(taskId: number): void;
  /** Inside `write`. A checkpoint of this number that is there already stays as it is. */
  insert(checkpoint: Checkpoint): void;
}

const row = defineRow<Checkpoint>(
  {
    taskId: "plain",
    number: "plain",
    attemptId: "plain",
    reason: "plain",
    turn: "plain",
    at: "plain",
    ref: "plain",
    commit: "plain",
    tree: "plain",
    head: "plain",
    branch: "plain",
    changes: "json",
    leftOut: "json",
    leftOutCount: "plain",
  },
  { commit: "commit_id" },
);
const fields = [
  "taskId",
  "number",
  "attemptId",
  "reason",
  "turn",
  "at",
  "ref",
  "commit",
  "tree",
  "head",
  "branch",
  "changes",
  "leftOut",
  "leftOutCount",
] as const satisfies readonly (keyof Checkpoint)[];

/** The checkpoints' rows on one connection. */
export function createCheckpointStore(database: Database.Database, writing: Writing): CheckpointStore {
  const selectOfTask = database.prepare<[number]>(`SELECT ${row.select} FROM checkpoints WHERE task_id = ? ORDER BY number`);
  const selectOne = database.prepare<[number, number]>(`SELECT ${row.select} FROM checkpoints WHERE task_id = ? AND number = ?`);
  const selectFirst = database.prepare<[number]>(`SELECT ${row.select} FROM checkpoints WHERE task_id = ? ORDER BY number LIMIT 1`);
  const selectLast = database.prepare<[number]>(`SELECT ${row.select} FROM checkpoints WHERE task_id = ? ORDER BY number DESC LIMIT 1`);
  const selectLastShared = database.prepare<[number]>(
    `SELECT ${row.select} FROM checkpoints WHERE task_id IN (SELECT task_id FROM workspaces WHERE host = ?) ORDER BY at DESC, number DESC LIMIT 1`,
  );
  const insert = database.prepare(
    `INSERT OR IGNORE INTO checkpoints (${fields.map((field) => row.column(field)).join(", ")}) VALUES (${fields.map(() => "?").join(", ")})`,
  );
  const one = (found: unknown): Checkpoint | null => (found === undefined ? null : row.decode(found));
  const selectAfter = database.prepare<{ taskId: number; number: number; count: number }, NamedCheckpoint>(
    `SELECT checkpoints.task_id AS "taskId", number, ref, commit_id AS "commit", repository
     FROM checkpoints JOIN workspaces ON workspaces.task_id = checkpoints.task_id JOIN tasks ON tasks.id = checkpoints.task_id
     WHERE (checkpoints.task_id, number) > (@taskId, @number) AND repository IS NOT NULL
     ORDER BY checkpoints.task_id, number LIMIT @count`,
  );
  const selectStray = database.prepare<[], { id: number }>(
    "SELECT DISTINCT task_id AS id FROM checkpoints WHERE NOT EXISTS (SELECT 1 FROM tasks WHERE tasks.id = checkpoints.task_id)",
  );
  const remove = database.prepare<[number]>("DELETE FROM checkpoints WHERE task_id = ?");
  return {
    after: ({ taskId, number }, count) => selectAfter.all({ taskId, number, count }),
    stray: () => selectStray.all().map(({ id }) => id),
    remove: (taskId) => {
      writing.touch(taskId);
      remove.run(taskId);
    },
    ofTask: (taskId) => selectOfTask.all(taskId).map((each) => row.decode(each)),
    get: (taskId, number) => one(selectOne.get(taskId, number)),
    first: (taskId) => one(selectFirst.get(taskId)),
    lastShared: (host) => one(selectLastShared.get(host)),
    last: (taskId) => one(selectLast.get(taskId)),
    insert: (checkpoint) => {
      writing.touch(checkpoint.taskId);
      insert.run(...fields.map((field) => row.encode(field, checkpoint[field])));
    },
  };
}
