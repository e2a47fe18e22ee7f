/** Stores the permission rules that answers of people have made for directories. */
import type Database from "better-sqlite3";
import type { Writing } from "./group-commit.ts";
import { defineRow } from "./row.ts";

/** A rule that allows calls in a directory. */
export interface StoredRule {
  readonly id: number;
  /** Absolute, real path. */
  readonly directory: string;
  readonly rule: string;
  /** UTC milliseconds. */
  readonly since: number;
  readonly questionId: number | null;
  readonly madeBy: string;
}

export interface RuleStore {
  list(): StoredRule[];
  /**
   * The rules of this directory and of those above it, oldest first.
   * @param madeBefore only rules that were made before this moment (UTC ms).
   */
  of(directory: string, madeBefore?: number): string[];
  /** Inside `write`. A rule that is there keeps its id. */
  add(rule: Omit<StoredRule, "id">): void;
  /** Inside `write`. @returns whether there was one. */
  remove(id: number): boolean;
}

const row = defineRow<StoredRule>({ id: "plain", directory: "plain", rule: "plain", since: "plain", questionId: "plain", madeBy: "plain" });

export function createRuleStore(database: Database.Database, writing: Writing): RuleStore {
  const selectAll = database.prepare(`SELECT ${row.select} FROM rules ORDER BY directory, id`);
  const selectOf = database
    .prepare<[{ directory: string; madeBefore: number }], string>(
      `SELECT rule FROM rules
       WHERE since < @madeBefore AND (directory = @directory OR substr(@directory, 1, length(directory) + 1) = directory || '/') ORDER BY id`,
    )
    .pluck();
  const insert = database.prepare(
    `INSERT INTO rules (directory, rule, since, question_id, made_by) VALUES (@directory, @rule, @since, @questionId, @madeBy)
     ON CONFLICT (directory, rule) DO NOTHING`,
  );
  const remove = database.prepare("DELETE FROM rules WHERE id = ?");
  return {
    list: () => selectAll.all().map((each) => row.decode(each)),
    of: (directory, madeBefore = Number.MAX_SAFE_INTEGER) => [...new Set(selectOf.all({ directory, madeBefore }))],
    add: (rule) => {
      writing.mustBeInside();
      insert.run(rule);
    },
    remove: (id) => {
      writing.mustBeInside();
      return remove.run(id).changes > 0;
    },
  };
}
