/** Stores the iterations of loops. */
import type Database from "better-sqlite3";
import type { Iteration } from "../../domain/verification/loop.ts";
import type { Writing } from "./group-commit.ts";
import { defineRow } from "./row.ts";

export interface IterationStore {
  /** Every iteration of a task, oldest first. */
  ofTask(taskId: number): Iteration[];
  /** How many of them count. Cheap. */
  count(taskId: number): number;
  /** Inside `write`. */
  insert(iteration: Iteration): void;
  /** Inside `write`. The task begins again: those that it has do not count any more. */
  outdate(taskId: number): void;
}

const kinds = {
  taskId: "plain",
  number: "plain",
  attemptId: "plain",
  sessionId: "plain",
  state: "plain",
  exitCode: "plain",
  outputTail: "plain",
  tree: "plain",
  checkpoint: "plain",
  tookMs: "plain",
  endedAt: "plain",
  isStale: "flag",
  result: "plain",
  structuredResult: "json",
} as const satisfies Record<keyof Iteration, string>;
const row = defineRow<Iteration>(kinds);
const fields = Object.keys(kinds) as (keyof Iteration)[];

/** The iterations' rows on one connection. */
export function createIterationStore(database: Database.Database, writing: Writing): IterationStore {
  const select = database.prepare<[number]>(`SELECT ${row.select} FROM iterations WHERE task_id = ? ORDER BY number`);
  const selectCount = database.prepare<[number], number>("SELECT count(*) FROM iterations WHERE task_id = ? AND is_stale = 0").pluck();
  const insert = database.prepare(
    `INSERT INTO iterations (${fields.map((field) => row.column(field)).join(", ")}) VALUES (${fields.map(() => "?").join(", ")})`,
  );
  const setStale = database.prepare("UPDATE iterations SET is_stale = 1 WHERE task_id = @taskId");
  return {
    ofTask: (taskId) => select.all(taskId).map((found) => row.decode(found)),
    count: (taskId) => selectCount.get(taskId) ?? 0,
    insert: (iteration) => {
      writing.touch(iteration.taskId);
      insert.run(...fields.map((field) => row.encode(field, iteration[field])));
    },
    outdate: (taskId) => {
      writing.touch(taskId);
      setStale.run({ taskId });
    },
  };
}
