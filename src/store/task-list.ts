/** Pages of tasks by filter, in order of their ids. Every page costs what it shows, not what the table holds (text filters excepted). */
import type Database from "better-sqlite3";
import { taskStatuses } from "../domain/task.ts";
import { createStatements } from "./statements.ts";
import type { TaskFilter, TaskStore } from "./store.ts";
import { foldCase, taskRow } from "./task-row.ts";

interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

export function createTaskList(database: Database.Database): TaskStore["list"] {
  const statements = createStatements(database);
  const selectRow = database.prepare(`SELECT ${taskRow.select} FROM tasks WHERE id = ?`);
  return (filter) => pageIds(filter).map((id) => taskRow.decode(selectRow.get(id)));

  /** One index range per status, merged: an index on the status alone cannot give several statuses in order of ids. */
  function pageIds(filter: TaskFilter): number[] {
    const [firstLabel, ...labels] = Object.entries(filter.labels ?? {});
    const conditions = [...conditionsOf(filter), ...labels.map(hasLabel)];
    if (firstLabel !== undefined) {
      const statuses = filter.statuses === undefined ? [] : [isOneOf(filter.statuses)];
      return select(filter, "task_labels CROSS JOIN tasks ON id = task_id", "task_id", [
        { sql: "key = ? AND value = ?", values: firstLabel },
        ...conditions,
        ...statuses,
      ]);
    }
    const statuses = filter.statuses ?? (filter.group === undefined ? null : taskStatuses);
    if (statuses === null) return select(filter, "tasks", "id", conditions);
    const index = filter.group === undefined ? "tasks_by_status" : "tasks_by_group";
    const ids = [...new Set(statuses)].flatMap((status) =>
      select(filter, `tasks INDEXED BY ${index}`, "id", [{ sql: "status = ?", values: [status] }, ...conditions]),
    );
    return ids.toSorted((a, b) => (filter.order === "oldest" ? a - b : b - a)).slice(0, filter.limit);
  }

  function select(filter: TaskFilter, source: string, id: string, conditions: readonly Condition[]): number[] {
    const oldest = filter.order === "oldest";
    const all =
      filter.cursorId === undefined
        ? conditions
        : [...conditions, { sql: `${id} ${oldest ? ">" : "<"} ?`, values: [filter.cursorId] }];
    const where = all.length === 0 ? "" : `WHERE ${all.map(({ sql }) => sql).join(" AND ")}`;
    const sql = `SELECT ${id} FROM ${source} ${where} ORDER BY ${id} ${oldest ? "ASC" : "DESC"} LIMIT ?`;
    return statements
      .get(sql)
      .pluck()
      .all(...all.flatMap(({ values }) => values), filter.limit) as number[];
  }
}

function conditionsOf(filter: TaskFilter): Condition[] {
  const conditions: Condition[] = [];
  if (filter.group !== undefined) conditions.push({ sql: "group_name = ?", values: [filter.group] });
  if (filter.text !== undefined) conditions.push({ sql: "instr(search, ?) > 0", values: [foldCase(filter.text)] });
  if (filter.createdAfter !== undefined) conditions.push({ sql: "created_at > ?", values: [filter.createdAfter] });
  if (filter.createdBefore !== undefined) conditions.push({ sql: "created_at < ?", values: [filter.createdBefore] });
  return conditions;
}

function hasLabel(label: [string, string]): Condition {
  return {
    sql: "EXISTS (SELECT 1 FROM task_labels other WHERE other.key = ? AND other.value = ? AND other.task_id = id)",
    values: label,
  };
}

function isOneOf(statuses: readonly string[]): Condition {
  return { sql: `status IN (${statuses.map(() => "?").join(", ")})`, values: statuses };
}
