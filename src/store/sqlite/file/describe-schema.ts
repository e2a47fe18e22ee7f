/**
 * Describes the schema for the documentation, from the migrations: tables, columns and the comments
 * beside them.
 */
import Database from "better-sqlite3";
import { migrate, migrations, schemaVersion } from "./migrate.ts";

export interface SchemaDescription {
  /** The `user_version` of such a database. */
  readonly version: number;
  readonly tables: readonly TableDescription[];
}

export interface TableDescription {
  readonly name: string;
  readonly comment: string;
  readonly columns: readonly ColumnDescription[];
  /** Conditions over several columns, as SQL. */
  readonly checks: readonly string[];
  readonly indexes: readonly IndexDescription[];
  /** Triggers, one line of SQL each (`AFTER INSERT ON tasks`). */
  readonly triggers: readonly string[];
}

export interface ColumnDescription {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly primaryKey: boolean;
  /** As SQL; null: none. */
  readonly default: string | null;
  /** The column's own condition, as SQL; null: none. */
  readonly check: string | null;
  /** `tasks.id`; null: none. */
  readonly references: string | null;
  readonly comment: string;
}

export interface IndexDescription {
  readonly name: string;
  readonly columns: readonly string[];
  readonly unique: boolean;
  /** Which rows it holds, as SQL; null: all. */
  readonly where: string | null;
}

/**
 * Describes a database of this version.
 * @throws Error when a table or a column has no comment
 */
export function describeSchema(): SchemaDescription {
  const database = new Database(":memory:");
  try {
    migrate(database);
    const tables = database
      .prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY rowid`)
      .pluck()
      .all();
    return { version: schemaVersion, tables: tables.map((name) => describeTable(database, name)) };
  } finally {
    database.close();
  }
}

function describeTable(database: Database.Database, name: string): TableDescription {
  const lines = linesOf(name);
  const comment = commentIn(lines[1] ?? "", `table ${name}`);
  const references = foreignKeys(database, name);
  const rows = database.pragma(`table_xinfo(${name})`) as ColumnInfo[];
  const columns = rows.map((row) => {
    const line = lines.findLast((each) => each.startsWith(`${row.name} `)) ?? "";
    return {
      name: row.name,
      type: row.type,
      nullable: row.notnull === 0 && row.pk === 0,
      primaryKey: row.pk > 0,
      default: row.dflt_value,
      check: /\bCHECK \((.*)\)[^()]*--/.exec(line)?.[1] ?? null,
      references: references.get(row.name) ?? null,
      comment: commentIn(line, `column ${name}.${row.name}`),
    };
  });
  const checks = lines.flatMap((line) => /^CHECK \((.*)\),?$/.exec(line)?.[1] ?? []);
  return { name, comment, columns, checks, indexes: indexesOf(database, name), triggers: triggersOf(database, name) };
}

/**
 * The lines of the table's newest CREATE statement, and of the columns that were added to it later.
 */
function linesOf(table: string): string[] {
  const lines = migrations.flatMap(({ sql }) => sql.split("\n").map((line) => line.trim()));
  const created = lines.slice(lines.lastIndexOf(`CREATE TABLE ${table} (`));
  const added = created.flatMap((line) =>
    line.startsWith(`ALTER TABLE ${table} ADD COLUMN `) ? [line.split(" ADD COLUMN ")[1] ?? ""] : [],
  );
  const end = created.findIndex((line) => line.startsWith(")") && line.endsWith(";"));
  return [...created.slice(0, end + 1), ...added];
}

interface ColumnInfo {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly pk: number;
  readonly dflt_value: string | null;
}

function commentIn(line: string, of: string): string {
  const comment = /-- (.+)$/.exec(line)?.[1];
  if (comment === undefined) throw new Error(`The ${of} has no comment in its migration.`);
  return comment;
}

function foreignKeys(database: Database.Database, table: string): Map<string, string> {
  const rows = database.pragma(`foreign_key_list(${table})`) as { from: string; table: string; to: string }[];
  return new Map(rows.map((row) => [row.from, `${row.table}.${row.to}`]));
}

function indexesOf(database: Database.Database, table: string): IndexDescription[] {
  const rows = database
    .prepare<[string], { name: string; sql: string }>(
      `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL ORDER BY rowid`,
    )
    .all(table);
  return rows.map(({ name, sql }) => ({
    name,
    // A comma within brackets belongs to an expression.
    columns: / \((.*?)\)(?= WHERE |$)/s.exec(sql)?.[1]?.split(/, (?![^(]*\))/) ?? [],
    unique: sql.startsWith("CREATE UNIQUE"),
    where: / WHERE (.*)$/s.exec(sql)?.[1] ?? null,
  }));
}

function triggersOf(database: Database.Database, table: string): string[] {
  const rows = database
    .prepare<[string], string>(`SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? ORDER BY rowid`)
    .pluck()
    .all(table);
  return rows.map((sql) => sql.replaceAll(/\s+/g, " ").replace(/^CREATE TRIGGER /, ""));
}
