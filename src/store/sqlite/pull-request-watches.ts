/** Stores the watches of pull requests, and what each has seen. */
import type Database from "better-sqlite3";
import type { PullRequestWatch } from "../../domain/pull-requests/watch.ts";
import type { Writing } from "./group-commit.ts";
import { defineRow } from "./row.ts";

export type WatchPatch = Partial<Omit<PullRequestWatch, "taskId">>;

export interface PullRequestWatchStore {
  get(taskId: number): PullRequestWatch | null;
  /** Those that are on first, then the newest. */
  list(limit: number): PullRequestWatch[];
  /** How many are on. */
  openCount(): number;
  /** The watch that is due first; null: none is due. */
  due(now: number): PullRequestWatch | null;
  /** When the next look is due; null: nothing is watched. */
  nextLookAt(): number | null;
  /** Of these keys those that were seen already. */
  seen(taskId: number, keys: readonly string[]): ReadonlySet<string>;
  /** Inside `write`. Replaces the task's watch; what was seen stays seen. */
  put(watch: PullRequestWatch): void;
  /** Inside `write`. False: there is none. */
  patch(taskId: number, patch: WatchPatch): boolean;
  /** Inside `write`. */
  markSeen(taskId: number, keys: readonly string[]): void;
}

const kinds = {
  taskId: "plain",
  url: "plain",
  number: "plain",
  state: "plain",
  callerName: "plain",
  callerScope: "plain",
  tokenId: "plain",
  maxMessages: "plain",
  messages: "plain",
  leftOut: "plain",
  leftOutUnsaid: "plain",
  leftOutAuthors: "json",
  quiet: "plain",
  failures: "plain",
  problem: "plain",
  heldSince: "plain",
  lookedAt: "plain",
  lookAt: "plain",
  startedAt: "plain",
  endedAt: "plain",
} as const satisfies Record<keyof PullRequestWatch, string>;
const row = defineRow<PullRequestWatch>(kinds);
const fields = Object.keys(kinds) as (keyof PullRequestWatch)[];
const patched = fields.filter((field) => field !== "taskId");

/** The watches' rows on one connection. */
export function createPullRequestWatchStore(database: Database.Database, writing: Writing): PullRequestWatchStore {
  const table = "pull_request_watches";
  const selectOne = database.prepare<[number]>(`SELECT ${row.select} FROM ${table} WHERE task_id = ?`);
  const selectAll = database.prepare<[number]>(`SELECT ${row.select} FROM ${table} ORDER BY state = 'on' DESC, started_at DESC LIMIT ?`);
  const countOn = database.prepare<[], number>(`SELECT COUNT(*) FROM ${table} WHERE state = 'on'`).pluck();
  const selectDue = database.prepare<[number]>(
    `SELECT ${row.select} FROM ${table} WHERE state = 'on' AND look_at <= ? ORDER BY look_at LIMIT 1`,
  );
  const selectNext = database.prepare<[], number | null>(`SELECT MIN(look_at) FROM ${table} WHERE state = 'on'`).pluck();
  const selectSeen = database.prepare<[number, string]>("SELECT 1 FROM pull_request_seen WHERE task_id = ? AND key = ?");
  const insertSeen = database.prepare("INSERT OR IGNORE INTO pull_request_seen (task_id, key) VALUES (?, ?)");
  const names = fields.map((field) => row.column(field));
  const sets = patched.map((field) => `${row.column(field)} = excluded.${row.column(field)}`);
  const put = database.prepare(
    `INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")}) ON CONFLICT (task_id) DO UPDATE SET ${sets.join(", ")}`,
  );
  const decoded = (found: unknown): PullRequestWatch | null => (found === undefined ? null : row.decode(found));
  const get = (taskId: number): PullRequestWatch | null => decoded(selectOne.get(taskId));
  const store = (watch: PullRequestWatch): void => {
    writing.touch(watch.taskId);
    put.run(...fields.map((field) => row.encode(field, watch[field])));
  };
  return {
    get,
    list: (limit) => selectAll.all(limit).map((found) => row.decode(found)),
    openCount: () => countOn.get() ?? 0,
    due: (now) => decoded(selectDue.get(now)),
    nextLookAt: () => selectNext.get() ?? null,
    seen: (taskId, keys) => new Set(keys.filter((key) => selectSeen.get(taskId, key) !== undefined)),
    put: store,
    patch: (taskId, patch) => {
      const watch = get(taskId);
      if (watch === null) return false;
      store({ ...watch, ...patch });
      return true;
    },
    markSeen: (taskId, keys) => {
      writing.touch(taskId);
      for (const key of keys) insertSeen.run(taskId, key);
    },
  };
}
