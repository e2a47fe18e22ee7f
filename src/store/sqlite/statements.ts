/**
 * Prepares statements whose text depends on the request, each text once. For fixed texts
 * `database.prepare` is enough.
 *
 * Why this folder's SQL says `+?`: SQLite is built with STAT4 here, so it uses bound values to
 * choose a plan and prepares the statement again whenever such a parameter is bound: 10 to 50 µs
 * instead of 3. A plus before the parameter hides the value and changes nothing else. The plus is
 * needed where an ORDER BY, a LIMIT or a join meets a parameter.
 */
import type Database from "better-sqlite3";

export interface Statements {
  /**
   * The prepared statement of this text. The texts must come from a small set, because every
   * statement is kept.
   */
  get(sql: string): Database.Statement;
}

export function createStatements(database: Database.Database): Statements {
  const prepared = new Map<string, Database.Statement>();
  return {
    get: (sql) => {
      const known = prepared.get(sql);
      if (known !== undefined) return known;
      const statement = database.prepare(sql);
      prepared.set(sql, statement);
      return statement;
    },
  };
}
