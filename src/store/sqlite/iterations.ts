/** Stores the iterations of loops. */
import type Database from "better-sqlite3";
import type { Iteration } from "../../domain/verification/loop.ts";
import type { Writing } from "./group-commit.ts";
import { defineRow } from "./row.ts";

export type IterationScore = Pick<Iteration, "number" | "attemptId" | "state" | "score" | "checkpoint" | "isKept">;

export interface IterationStore {
  /** Every iteration of a task, oldest first. */
  ofTask(taskId: number): Iteration[];
  /** Those that count, oldest first, without their texts. */
  scores(taskId: number): IterationScore[];
  /** Inside `write`. */
  insert(iteration: Iteration): void;
  /** Inside `write`. The task has ended with the files of this one. */
  keep(taskId: number, number: number): void;
  /** Inside `write`. The task begins again: those that it has do not count any more. */
  outdate(taskId: number): void;
}

const kinds = {
  taskId: "plain",
  number: "plain",
  attemptId: "plain",
  sessionId: "plain",
  state: "plain",
  score: "plain",
  exitCode: "plain",
  outputTail: "plain",
  tree: "plain",
  checkpoint: "plain",
  tookMs: "plain",
  endedAt: "plain",
  isStale: "flag",
  isKept: "flag",
  result: "plain",
  structuredResult: "json",
} as const satisfies Record<keyof Iteration, string>;
const row = defineRow<Iteration>(kinds);
const scores = defineRow<IterationScore>({
  number: "plain",
  attemptId: "plain",
  state: "plain",
  score: "plain",
  checkpoint: "plain",
  isKept: "flag",
});
const fields = Object.keys(kinds) as (keyof Iteration)[];

/** The iterations' rows on one connection. */
export function createIterationStore(database: Database.Database, writing: Writing): IterationStore {
  const select = database.prepare<[number]>(`SELECT ${row.select} FROM iterations WHERE task_id = ? ORDER BY number`);
  const selectScores = database.prepare<[number]>(
    `SELECT ${scores.select} FROM iterations WHERE task_id = ? AND is_stale = 0 ORDER BY number`,
  );
  const insert = database.prepare(
    `INSERT INTO iterations (${fields.map((field) => row.column(field)).join(", ")}) VALUES (${fields.map(() => "?").join(", ")})`,
  );
  const setKept = database.prepare("UPDATE iterations SET is_kept = 1 WHERE task_id = @taskId AND number = @number");
  const setStale = database.prepare("UPDATE iterations SET is_stale = 1 WHERE task_id = @taskId");
  return {
    ofTask: (taskId) => select.all(taskId).map((found) => row.decode(found)),
    scores: (taskId) => selectScores.all(taskId).map((found) => scores.decode(found)),
    insert: (iteration) => {
      writing.touch(iteration.taskId);
      insert.run(...fields.map((field) => row.encode(field, iteration[field])));
    },
    keep: (taskId, number) => {
      writing.touch(taskId);
      setKept.run({ taskId, number });
    },
    outdate: (taskId) => {
      writing.touch(taskId);
      setStale.run({ taskId });
    },
  };
}
