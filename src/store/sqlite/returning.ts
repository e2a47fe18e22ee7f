/** Prepares writing statements that return a row (`RETURNING`). */
import type Database from "better-sqlite3";

/**
 * Prepares such a statement. The returned function runs it and returns its first row, or undefined
 * when it changed nothing.
 *
 * `Statement.get()` must not run such a statement: it stops at the first row, so outside of a
 * transaction SQLite commits only when the statement is reset, and better-sqlite3 drops the error
 * of that reset (a full disk). The row would be returned but not stored. `all()` runs the statement
 * to its end and throws.
 */
export function prepareReturning(database: Database.Database, sql: string): (...parameters: unknown[]) => unknown {
  const statement = database.prepare(sql);
  return (...parameters) => statement.all(...parameters)[0];
}
