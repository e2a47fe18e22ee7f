/**
 * Prepares statements whose text depends on the request, each text once. For fixed texts
 * `database.prepare` is enough.
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
