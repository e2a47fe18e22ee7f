/** Stores where tasks' files are. */
import type Database from "better-sqlite3";
import type { Workspace } from "../../domain/workspace/workspace.ts";
import type { Writing } from "./group-commit.ts";
import { defineRow } from "./row.ts";

export interface WorkspaceStore {
  /** Null: nothing is known of the task's files. */
  get(taskId: number): Workspace | null;
  /** Inside `write`. Adds the workspace of a task, or replaces what is known of it. */
  put(workspace: Workspace): void;
}

const row = defineRow<Workspace>({
  taskId: "plain",
  kind: "plain",
  state: "plain",
  path: "plain",
  repository: "plain",
  branch: "plain",
  baseCommit: "plain",
  headCommit: "plain",
  changes: "json",
  isDirty: "flag_or_null",
  problem: "plain",
});
const fields = [
  "taskId",
  "kind",
  "state",
  "path",
  "repository",
  "branch",
  "baseCommit",
  "headCommit",
  "changes",
  "isDirty",
  "problem",
] as const satisfies readonly (keyof Workspace)[];

/** The workspaces' rows on one connection. */
export function createWorkspaceStore(database: Database.Database, writing: Writing): WorkspaceStore {
  const select = database.prepare<[number]>(`SELECT ${row.select} FROM workspaces WHERE task_id = ?`);
  const replace = database.prepare(
    `INSERT OR REPLACE INTO workspaces (${fields.map((field) => row.column(field)).join(", ")}) VALUES (${fields.map(() => "?").join(", ")})`,
  );
  return {
    get: (taskId) => {
      const found = select.get(taskId);
      return found === undefined ? null : row.decode(found);
    },
    put: (workspace) => {
      writing.touch(workspace.taskId);
      replace.run(...fields.map((field) => row.encode(field, workspace[field])));
    },
  };
}
