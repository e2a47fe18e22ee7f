/**
 * The schema page's tables, from the migrations through src/store/sqlite/file/describe-schema.ts.
 */
import { describeSchema } from "../../src/store/sqlite/file/describe-schema.ts";
import type { ColumnDescription, IndexDescription, TableDescription } from "../../src/store/sqlite/file/describe-schema.ts";
import { code, markdownTable } from "./generated-part.ts";

export function databaseSchema(): string {
  const { version, tables } = describeSchema();
  const index = tables.map(({ name, comment }) => [`[${code(name)}](#${name})`, comment]);
  return [
    `Schema version (\`PRAGMA user_version\`): ${version}.`,
    markdownTable(["table", "what it holds"], index),
    ...tables.map(section),
  ].join("\n\n");
}

function section({ name, comment, columns, checks, indexes, triggers }: TableDescription): string {
  const rows = columns.map((column) => [code(column.name), typeOf(column), meaningOf(column)]);
  return [
    `### ${name}`,
    comment,
    markdownTable(["column", "type", "meaning"], rows),
    ...list("Always true", checks.map(code)),
    ...list("Indexes", indexes.map(indexLine)),
    ...list("Triggers", triggers.map(triggerLine)),
  ].join("\n\n");
}

function typeOf({ type, nullable, primaryKey }: ColumnDescription): string {
  return `${type}${primaryKey ? ", primary key" : ""}${nullable ? ", may be NULL" : ""}`;
}

function meaningOf({ comment, references, check, default: value }: ColumnDescription): string {
  return [
    comment,
    ...(references === null ? [] : [`References ${code(references)}.`]),
    ...(value === null ? [] : [`Default ${code(value)}.`]),
    ...(check === null ? [] : [`Check: ${code(check)}.`]),
  ].join(" ");
}

function indexLine({ name, columns, unique, where }: IndexDescription): string {
  return `${code(name)}${unique ? " (unique)" : ""} on ${code(columns.join(", "))}${where === null ? "" : `, only where ${code(where)}`}`;
}

/**
 * `name AFTER INSERT ON tasks BEGIN …`: the name and when it runs are enough, the rest is in the
 * migration.
 */
function triggerLine(sql: string): string {
  const [name = "", ...when] = (sql.split(" BEGIN")[0] ?? sql).split(" ");
  return `${code(name)}: ${code(when.join(" "))}`;
}

function list(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`${title}:\n\n${items.map((item) => `* ${item}`).join("\n")}`];
}
