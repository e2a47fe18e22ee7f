/**
 * Stores the groups that a person has set, and which task holds which lock. A task holds its locks
 * from its start to the end of its attempt; the store sees to that in each write.
 */
import type Database from "better-sqlite3";
import { systemTimeZone } from "../../domain/order/calendar.ts";
import { Lanes } from "../../domain/order/lanes.ts";
import { Windows } from "../../domain/order/window.ts";
import type { GivenOptions } from "../../domain/task/option-values.ts";
import type { BudgetKeeping } from "./budgets.ts";
import type { Spot } from "../../domain/order/place.ts";
import type { Writing } from "./group-commit.ts";
import type { LaneHeads } from "./lane-heads.ts";

export interface Group {
  readonly name: string;
  /** Most running tasks; null: no limit. */
  readonly maxRunning: number | null;
  /** Since when none of its tasks starts; null: they start. */
  readonly pausedAt: number | null;
  readonly createdAt: number;
}

export interface GroupCounts {
  readonly running: number;
  readonly waiting: number;
  readonly pending: number;
}

export interface GroupStore {
  /** By name. */
  list(): Group[];
  get(name: string): Group | null;
  /** Inside `write`. Sets a group, or changes it. */
  put(group: Group): void;
  /** What its tasks have for options that they do not name. */
  defaults(name: string): GivenOptions;
  /** Inside `write`. The group must have been set. */
  setDefaults(name: string, defaults: GivenOptions): void;
  /** Inside `write`. Returns whether there was one. Its tasks stay. */
  remove(name: string): boolean;
  /** How many tasks of each group have not ended. Groups without such tasks are missing. */
  counts(): ReadonlyMap<string, GroupCounts>;
  /** Which groups are full, which locks are held, and which budgets are spent, at `now`. */
  lanes(now?: number): Lanes;
}

/** The groups' rows on one connection, and what a write does to the locks of its tasks. */
export function createGroupStore(
  database: Database.Database,
  writing: Writing,
  {
    budgets,
    heads,
    timeZone,
  }: { readonly budgets: Pick<BudgetKeeping, "open">; readonly heads: LaneHeads; readonly timeZone: string | null },
): {
  store: GroupStore;
  settle: (taskIds: ReadonlySet<number>) => void;
  /** The same for one task at once: a later claim of the same write sees its locks. */
  settleLocks: (taskId: number) => void;
} {
  const zone = timeZone ?? systemTimeZone();
  const columns = 'name, max_running AS "maxRunning", paused_at AS "pausedAt", created_at AS "createdAt"';
  const selectAll = database.prepare<[], Group>(`SELECT ${columns} FROM groups ORDER BY name`);
  const selectOne = database.prepare<[string], Group>(`SELECT ${columns} FROM groups WHERE name = ?`);
  const upsert = database.prepare<Group>(
    `INSERT INTO groups (name, max_running, paused_at, created_at) VALUES (@name, @maxRunning, @pausedAt, @createdAt)
     ON CONFLICT (name) DO UPDATE SET max_running = excluded.max_running, paused_at = excluded.paused_at`,
  );
  const selectDefaults = database.prepare<[string], string>("SELECT defaults FROM groups WHERE name = ?").pluck();
  const updateDefaults = database.prepare<[string, string]>("UPDATE groups SET defaults = ? WHERE name = ?");
  const deleteOne = database.prepare<[string]>("DELETE FROM groups WHERE name = ?");
  const selectRunning = database.prepare<[], { name: string; count: number }>(
    "SELECT group_name AS name, count(*) AS count FROM tasks INDEXED BY tasks_by_status WHERE status = 'running' GROUP BY group_name",
  );
  const selectCounts = database.prepare<[], { name: string; status: "running" | "waiting" | "pending"; count: number }>(
    `SELECT group_name AS name, status, count(*) AS count FROM tasks INDEXED BY tasks_by_status
     WHERE status IN ('running', 'waiting', 'pending') GROUP BY group_name, status`,
  );
  const selectHeld = database.prepare<[], { name: string; task: number }>("SELECT name, task_id AS task FROM held_locks");
  const selectTask = database.prepare<[number], Spot & { status: string; locks: string; lane: string }>(
    "SELECT status, locks, lane, id, rank, place FROM tasks WHERE id = ?",
  );
  const hold = database.prepare<[string, number]>("INSERT INTO held_locks (name, task_id) VALUES (?, ?) ON CONFLICT DO NOTHING");
  const free = database.prepare<[number]>("DELETE FROM held_locks WHERE task_id = ?");

  /** A claim looks first, so that a lock which another task holds never comes to this. */
  function settleOne(id: number): void {
    const task = selectTask.get(id);
    if (task === undefined) return;
    if (task.status === "pending") heads.note(task.lane, { id, rank: task.rank, place: task.place });
    if (task.status !== "running" && task.status !== "waiting") return void free.run(id);
    if (task.locks === "[]") return;
    for (const lock of new Set(JSON.parse(task.locks) as string[])) hold.run(lock, id);
  }

  return {
    settle: (taskIds) => taskIds.forEach(settleOne),
    settleLocks: settleOne,
    store: {
      list: () => selectAll.all(),
      get: (name) => selectOne.get(name) ?? null,
      put: (group) => {
        writing.mustBeInside();
        upsert.run(group);
      },
      defaults: (name) => JSON.parse(selectDefaults.get(name) ?? "{}") as GivenOptions,
      setDefaults: (name, defaults) => {
        writing.mustBeInside();
        updateDefaults.run(JSON.stringify(defaults), name);
      },
      remove: (name) => {
        writing.mustBeInside();
        return deleteOne.run(name).changes > 0;
      },
      counts: () => {
        const counts = new Map<string, GroupCounts>();
        for (const { name, status, count } of selectCounts.all())
          counts.set(name, { running: 0, waiting: 0, pending: 0, ...counts.get(name), [status]: count });
        return counts;
      },
      lanes: (now = Date.now()) => {
        const groups = selectAll.all();
        const states = new Map(groups.map(({ name, maxRunning, pausedAt }) => [name, { limit: maxRunning, isPaused: pausedAt !== null }]));
        // Most servers have no groups: then nothing is counted.
        const running = new Map(groups.length === 0 ? [] : selectRunning.all().map(({ name, count }) => [name, count]));
        return new Lanes(
          states,
          running,
          new Map(selectHeld.all().map(({ name, task }) => [name, task])),
          budgets.open(now),
          new Windows(now, zone),
        );
      },
    },
  };
}
