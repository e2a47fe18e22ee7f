/** Stores where tasks' files are. */
import type Database from "better-sqlite3";
import { sharedFields } from "../../domain/workspace/workspace.ts";
import type { Workspace, WorkspaceState } from "../../domain/workspace/workspace.ts";
import type { Writing } from "./group-commit.ts";
import { defineRow } from "./row.ts";

export interface WorkspaceStore {
  /** Null: nothing is known of the task's files. */
  get(taskId: number): Workspace | null;
  /**
   * All worktrees, newest task first; those that are deleted only when asked for. One that tasks
   * share is there once.
   */
  worktrees(more?: { readonly withGone?: boolean }): Workspace[];
  /** The tasks that share the task's worktree, with itself; only itself where it shares none. */
  sharing(taskId: number): number[];
  /** Inside `write`. Forgets a workspace. */
  remove(taskId: number): void;
  /** Inside `write`. Forgets the workspaces of removed tasks of which nothing is left. */
  removeStray(): void;
  /** The first ports of all blocks in use. */
  ports(): Set<number>;
  /** The tasks with a running attempt that works in or below this directory. */
  busyAt(path: string): number[];
  /**
   * Unfinished tasks that work in place in or below this directory, newest first: of each working
   * directory the newest `most`. Looks into at most 100 directories.
   */
  unfinishedAt(path: string, most: number): { readonly id: number; readonly workingDirectory: string }[];
  /**
   * Inside `write`. Adds the workspace of a task, or replaces what is known of it: of a shared
   * worktree for all tasks that share it.
   */
  put(workspace: Workspace): void;
  /**
   * Inside `write`. Moves a worktree from one of these states to another.
   * @returns false: it is in none of them.
   */
  move(taskId: number, from: readonly WorkspaceState[], to: WorkspaceState): boolean;
}

const row = defineRow<Workspace>({
  taskId: "plain",
  kind: "plain",
  state: "plain",
  path: "plain",
  prefix: "plain",
  repository: "plain",
  branch: "plain",
  namesBranch: "flag",
  baseCommit: "plain",
  headCommit: "plain",
  host: "plain",
  beginsWith: "plain",
  changes: "json",
  isDirty: "flag_or_null",
  problem: "plain",
  trash: "plain",
  trashedAt: "plain",
  ports: "plain",
  isSetUp: "flag",
  setup: "json",
});
const fields = [
  "taskId",
  "kind",
  "state",
  "path",
  "prefix",
  "repository",
  "branch",
  "namesBranch",
  "baseCommit",
  "headCommit",
  "host",
  "beginsWith",
  "changes",
  "isDirty",
  "problem",
  "trash",
  "trashedAt",
  "ports",
  "isSetUp",
  "setup",
] as const satisfies readonly (keyof Workspace)[];

/** A checkout with more directories in use is looked at in part. */
const mostDirectories = 100;

/** The workspaces' rows on one connection. */
export function createWorkspaceStore(database: Database.Database, writing: Writing): WorkspaceStore {
  const select = database.prepare<[number]>(`SELECT ${row.select} FROM workspaces WHERE task_id = ?`);
  const replace = database.prepare(
    `INSERT OR REPLACE INTO workspaces (${fields.map((field) => row.column(field)).join(", ")}) VALUES (${fields.map(() => "?").join(", ")})`,
  );
  const places = sharedFields.map((field) => row.column(field));
  const share = database.prepare(
    `UPDATE workspaces SET (${places.join(", ")}) = (SELECT ${places.join(", ")} FROM workspaces WHERE task_id = @taskId)
     WHERE host = @host AND task_id <> @taskId
       AND (${places.join(", ")}) IS NOT (SELECT ${places.join(", ")} FROM workspaces WHERE task_id = @taskId)`,
  );
  const move = database.prepare(
    `UPDATE workspaces SET state = @to WHERE (task_id = @taskId OR host = (SELECT host FROM workspaces WHERE task_id = @taskId))
       AND state IN (SELECT value FROM json_each(@from))`,
  );
  const selectSharing = database.prepare<[{ taskId: number }], { id: number }>(
    `SELECT task_id AS id FROM workspaces WHERE host = (SELECT host FROM workspaces WHERE task_id = @taskId) ORDER BY task_id`,
  );
  const busy = database.prepare<{ path: string }, { id: number }>(
    `SELECT tasks.id FROM tasks LEFT JOIN workspaces ON workspaces.task_id = tasks.id
     WHERE tasks.status IN ('running', 'waiting') AND tasks.open_attempt_id IS NOT NULL AND (workspaces.path = @path
       OR (workspaces.kind IS NOT 'worktree' AND substr(tasks.working_directory || '/', 1, length(@path) + 1) = @path || '/'))
     ORDER BY tasks.id`,
  );
  const inUse = "tasks INDEXED BY tasks_unfinished_in";
  const isUnfinished = "tasks.status IN ('pending', 'running', 'waiting')";
  const selectNextDirectory = database
    .prepare<{ after: string; end: string }, string>(
      `SELECT working_directory FROM ${inUse} WHERE ${isUnfinished} AND working_directory > @after AND working_directory < @end
       ORDER BY working_directory LIMIT 1`,
    )
    .pluck();
  const selectNewest = database
    .prepare<{ directory: string; most: number }, number>(
      `SELECT tasks.id FROM ${inUse} LEFT JOIN workspaces ON workspaces.task_id = tasks.id
       WHERE ${isUnfinished} AND tasks.working_directory = @directory AND workspaces.kind IS NOT 'worktree' ORDER BY tasks.id DESC LIMIT @most`,
    )
    .pluck();

  /** The path, and the directories below it in which unfinished tasks work. */
  function directoriesAt(path: string): string[] {
    const found = [path];
    const below = path.endsWith("/") ? path : `${path}/`;
    // The character behind the slash: all paths below lie between the two.
    const end = `${below.slice(0, -1)}0`;
    for (let after: string | undefined = below; found.length < mostDirectories; found.push(after)) {
      after = selectNextDirectory.get({ after, end });
      if (after === undefined) break;
    }
    return found;
  }
  const selectTrees = database.prepare<{ all: number }>(
    `SELECT ${row.select} FROM workspaces WHERE kind = 'worktree' AND (@all OR state <> 'gone')
       AND (host IS NULL OR host = task_id OR NOT EXISTS (SELECT 1 FROM workspaces AS first WHERE first.task_id = workspaces.host))
     ORDER BY task_id DESC`,
  );
  const remove = database.prepare<[number]>("DELETE FROM workspaces WHERE task_id = ?");
  const removeStray = database.prepare(
    `DELETE FROM workspaces WHERE (kind = 'in_place' OR state = 'gone')
       AND NOT EXISTS (SELECT 1 FROM tasks WHERE tasks.id = workspaces.task_id)
       AND NOT EXISTS (SELECT 1 FROM checkpoints WHERE checkpoints.task_id = workspaces.task_id)`,
  );
  const ports = database.prepare<[], { ports: number }>("SELECT ports FROM workspaces WHERE ports IS NOT NULL");
  return {
    removeStray: () => void removeStray.run(),
    worktrees: ({ withGone = false } = {}) => selectTrees.all({ all: Number(withGone) }).map((each) => row.decode(each)),
    sharing: (taskId) => {
      const ids = selectSharing.all({ taskId }).map(({ id }) => id);
      return ids.length === 0 ? [taskId] : ids;
    },
    remove: (taskId) => {
      writing.touch(taskId);
      remove.run(taskId);
    },
    ports: () => new Set(ports.all().map(({ ports: first }) => first)),
    unfinishedAt: (path, most) => {
      const inEach = directoriesAt(path).map((directory) =>
        selectNewest.all({ directory, most }).map((id) => ({ id, workingDirectory: directory })),
      );
      return inEach.flat().toSorted((a, b) => b.id - a.id);
    },
    busyAt: (path) => busy.all({ path }).map(({ id }) => id),
    move: (taskId, from, to) => {
      writing.touch(taskId);
      return move.run({ taskId, from: JSON.stringify(from), to }).changes > 0;
    },
    get: (taskId) => {
      const found = select.get(taskId);
      return found === undefined ? null : row.decode(found);
    },
    put: (workspace) => {
      writing.touch(workspace.taskId);
      replace.run(...fields.map((field) => row.encode(field, workspace[field])));
      if (workspace.host !== null) share.run({ taskId: workspace.taskId, host: workspace.host });
    },
  };
}
