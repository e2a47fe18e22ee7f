/** Turns a database back into one of an older version, as an upgrade finds it. */
import { renameSync, rmSync } from "node:fs";
import Database from "better-sqlite3";
import { migrations } from "../src/store/sqlite/file/migrate.ts";

/**
 * Replaces the database by one with the tables of this schema and the same rows, as far as the
 * older tables can hold them. No server may run.
 */
export function backToSchema(file: string, version: number): void {
  const older = `${file}.older`;
  const database = new Database(older);
  for (const { sql } of migrations.filter(({ number }) => number <= version)) database.exec(sql);
  database.pragma("foreign_keys = OFF");
  database.prepare("ATTACH ? AS newer").run(file);
  // The newer database has what triggers would count again.
  const triggers = database.prepare("SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger'").all() as Named[];
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`);
  const tables = database.prepare("SELECT name, sql FROM main.sqlite_schema WHERE type = 'table'").all() as Named[];
  for (const { name } of tables) {
    const columns = columnsOf(database, "newer", name);
    const shared = columnsOf(database, "main", name).filter((column) => columns.includes(column));
    database.exec(`DELETE FROM main.${name}; INSERT INTO main.${name} (${shared.join()}) SELECT ${shared.join()} FROM newer.${name}`);
  }
  for (const { sql } of triggers) database.exec(sql);
  const application = database.pragma("newer.application_id", { simple: true }) as number;
  database.exec("DETACH newer");
  database.pragma(`application_id = ${application}`);
  database.pragma(`user_version = ${version}`);
  database.close();
  for (const end of ["-wal", "-shm"]) rmSync(`${file}${end}`, { force: true });
  renameSync(older, file);
}

interface Named {
  readonly name: string;
  readonly sql: string;
}

function columnsOf(database: Database.Database, schema: string, table: string): string[] {
  return (database.pragma(`${schema}.table_info(${table})`) as Named[]).map(({ name }) => `"${name}"`);
}
