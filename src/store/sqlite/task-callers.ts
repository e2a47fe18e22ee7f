/** Stores the caller of each task. The operations decide what follows from it. */
import type { Scope } from "../../domain/scopes.ts";
import type Database from "better-sqlite3";
import type { Writing } from "./group-commit.ts";
import { defineRow } from "./row.ts";

export interface TaskCaller {
  /** The caller's name in events. */
  readonly name: string;
  readonly scope: Scope;
  /**
   * The token of the request, or of the task that the request came from; null: the owner of the
   * server.
   */
  readonly tokenId: number | null;
  /** Whether an agent made the request: then the guardrails apply. */
  readonly isAgent: boolean;
}

export interface TaskCallerStore {
  /** Inside `write`. The newest request counts: it replaces an earlier one. */
  put(taskId: number, caller: TaskCaller): void;
  /** Null: an earlier version of Claude Worker stored the task. */
  get(taskId: number): TaskCaller | null;
}

const callerRow = defineRow<TaskCaller>({ name: "plain", scope: "plain", tokenId: "plain", isAgent: "flag" });

/** The caller rows on one connection. */
export function createTaskCallerStore(database: Database.Database, writing: Writing): TaskCallerStore {
  const replace = database.prepare("INSERT OR REPLACE INTO task_callers (task_id, name, scope, token_id, is_agent) VALUES (?, ?, ?, ?, ?)");
  const select = database.prepare(`SELECT ${callerRow.select} FROM task_callers WHERE task_id = ?`);
  return {
    put: (taskId, { name, scope, tokenId, isAgent }) => {
      writing.mustBeInside();
      replace.run(taskId, name, scope, tokenId, Number(isAgent));
    },
    get: (taskId) => {
      const row = select.get(taskId);
      return row === undefined ? null : callerRow.decode(row);
    },
  };
}
