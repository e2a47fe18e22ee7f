/** Stores what runs by itself in directories, as persons have seen it. */
import type Database from "better-sqlite3";
import type { SeenRun } from "../../domain/task/auto-runs.ts";
import type { Writing } from "./group-commit.ts";
import { defineRow } from "./row.ts";

export interface TrustedRuns {
  /** Absolute, real path; for worktrees that of their main checkout. */
  readonly directory: string;
  readonly runs: readonly SeenRun[];
  readonly since: number;
}

export interface TrustedRunStore {
  list(): TrustedRuns[];
  /** Null: no task has worked there, and no person has trusted it. */
  get(directory: string): TrustedRuns | null;
  /** Inside `write`. */
  put(trusted: TrustedRuns): void;
  /** Inside `write`. */
  remove(directory: string): void;
}

const row = defineRow<TrustedRuns>({ directory: "plain", runs: "json", since: "plain" });

/** Trusted runs' rows on one connection. */
export function createTrustedRunStore(database: Database.Database, writing: Writing): TrustedRunStore {
  const select = database.prepare<[string]>(`SELECT ${row.select} FROM trusted_runs WHERE directory = ?`);
  const selectAll = database.prepare(`SELECT ${row.select} FROM trusted_runs ORDER BY directory`);
  const insert = database.prepare("INSERT OR REPLACE INTO trusted_runs (directory, runs, since) VALUES (@directory, @runs, @since)");
  const deleteOne = database.prepare("DELETE FROM trusted_runs WHERE directory = ?");
  return {
    list: () => selectAll.all().map((found) => row.decode(found)),
    get: (directory) => {
      const found = select.get(directory);
      return found === undefined ? null : row.decode(found);
    },
    put: (trusted) => {
      writing.mustBeInside();
      insert.run({ ...trusted, runs: row.encode("runs", trusted.runs) });
    },
    remove: (directory) => {
      writing.mustBeInside();
      deleteOne.run(directory);
    },
  };
}
