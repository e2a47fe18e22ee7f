/**
 * Reads pages of tasks by filter, in order of their ids. The cost of a page depends on its size,
 * not on the table's size. There are two exceptions, which read a narrow column of every task: a
 * text that few tasks have, and a span of time behind many newer tasks.
 */
import type Database from "better-sqlite3";
import { taskStatuses } from "../../domain/task/task.ts";
import { createStatements } from "./statements.ts";
import type { TaskFilter, TaskStore } from "../store.ts";
import { foldCase, taskRow } from "./task-row.ts";

interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** Where the ids of a page come from: tables, the column with the task's id, and conditions. */
interface Source {
  readonly tables: string;
  readonly id: string;
  readonly conditions: readonly Condition[];
}

/**
 * Up to this many tasks of a span of time are sorted by id. With more, tasks are read in order of
 * ids until the page is full.
 */
const fewTasks = 1000;

export function createTaskList(database: Database.Database): TaskStore["list"] {
  const statements = createStatements(database);
  const selectRow = database.prepare(`SELECT ${taskRow.select} FROM tasks WHERE id = ?`);

  /** Reads the queue from its front until the page is full. */
  function queueIds(filter: TaskFilter): number[] {
    const { limit, cursorSpot: spot } = filter;
    const conditions = conditionsOf({ ...filter, statuses: ["pending"] });
    if (spot !== undefined) conditions.push({ sql: "(rank, place, id) > (?, ?, ?)", values: [spot.rank, spot.place, spot.id] });
    const where = conditions.map(({ sql }) => sql).join(" AND ");
    return statements
      .get(`SELECT id FROM tasks INDEXED BY tasks_in_order WHERE ${where} ORDER BY rank, place, id LIMIT ?`)
      .pluck()
      .all(...conditions.flatMap(({ values }) => values), limit) as number[];
  }

  function pageIds(filter: TaskFilter): number[] {
    if (filter.order === "queue") return queueIds(filter);
    const ids = sourcesOf(filter, isShortSpan(filter)).flatMap((source) => select(filter, source));
    return ids.toSorted((a, b) => (filter.order === "oldest" ? a - b : b - a)).slice(0, filter.limit);
  }

  function select(filter: TaskFilter, { tables, id, conditions }: Source): number[] {
    const oldest = filter.order === "oldest";
    const all = [...conditions];
    if (filter.cursorId !== undefined) all.push({ sql: `${id} ${oldest ? ">" : "<"} ?`, values: [filter.cursorId] });
    const where = all.length === 0 ? "" : `WHERE ${all.map(({ sql }) => sql).join(" AND ")}`;
    const sql = `SELECT ${id} FROM ${tables} ${where} ORDER BY ${id} ${oldest ? "ASC" : "DESC"} LIMIT ?`;
    const values = all.flatMap((condition) => condition.values);
    return statements
      .get(sql)
      .pluck()
      .all(...values, filter.limit) as number[];
  }

  function isShortSpan(filter: TaskFilter): boolean {
    const span = spanOf(filter);
    if (span.length === 0) return false;
    const where = span.map(({ sql }) => sql).join(" AND ");
    const sql = `SELECT count(*) FROM (SELECT 1 FROM tasks INDEXED BY tasks_by_creation WHERE ${where} LIMIT ${fewTasks})`;
    const count = statements
      .get(sql)
      .pluck()
      .get(...span.flatMap(({ values }) => values));
    return (count as number) < fewTasks;
  }

  return (filter) => pageIds(filter).map((id) => taskRow.decode(selectRow.get(id)));
}

function sourcesOf(filter: TaskFilter, shortSpan: boolean): Source[] {
  const [firstLabel, ...labels] = Object.entries(filter.labels ?? {});
  const { statuses, group, text, attention, workingDirectory } = filter;
  const conditions = [...spanOf(filter), ...labels.map(hasLabel)];
  if (workingDirectory !== undefined) conditions.push(isBelow(workingDirectory));
  if (attention !== undefined) conditions.push({ sql: `attention IS ${attention ? "NOT " : ""}NULL`, values: [] });
  if (filter.namePrefix !== undefined) conditions.push(hasName(filter.namePrefix));
  if (group !== undefined) conditions.push({ sql: "group_name = ?", values: [group] });
  const onStatus = statuses === undefined ? [] : [hasStatus(statuses)];
  const onText = text === undefined ? [] : [hasText(text)];
  if (firstLabel !== undefined) {
    const label = { sql: "key = ? AND value = ?", values: firstLabel };
    const tables = "task_labels CROSS JOIN tasks ON id = task_id";
    return [{ tables, id: "task_id", conditions: [label, ...conditions, ...onStatus, ...onText] }];
  }
  if (attention === true) {
    return [{ tables: "tasks INDEXED BY tasks_with_attention", id: "id", conditions: [...conditions, ...onStatus, ...onText] }];
  }
  if (shortSpan) {
    const tables = "tasks INDEXED BY tasks_by_creation";
    return [{ tables, id: "id", conditions: [...conditions, ...onStatus, ...onText] }];
  }
  if (statuses !== undefined || group !== undefined) {
    // One range of the index per status, because the index cannot return several statuses in order
    // of ids.
    const tables = `tasks INDEXED BY ${group === undefined ? "tasks_by_status" : "tasks_by_group"}`;
    return [...new Set(statuses ?? taskStatuses)].map((status) => ({
      tables,
      id: "id",
      conditions: [{ sql: "status = ?", values: [status] }, ...conditions, ...onText],
    }));
  }
  if (filter.namePrefix !== undefined) {
    // The narrow column finds the few tasks whose full name is then compared.
    const found = { sql: "substr(search, 1, length(?)) = ?", values: [foldCase(filter.namePrefix), foldCase(filter.namePrefix)] };
    return [{ tables: "task_search CROSS JOIN tasks ON id = task_id", id: "task_id", conditions: [found, ...conditions, ...onText] }];
  }
  if (text !== undefined) {
    const found = { sql: "instr(search, ?) > 0", values: [foldCase(text)] };
    return [{ tables: "task_search CROSS JOIN tasks ON id = task_id", id: "task_id", conditions: [found, ...conditions] }];
  }
  return [{ tables: "tasks", id: "id", conditions }];
}

/** All that a filter says, where no index is chosen by it. */
function conditionsOf(filter: TaskFilter): Condition[] {
  const { statuses = [], group, text, attention, workingDirectory, namePrefix } = filter;
  return [
    ...statuses.map((status) => ({ sql: `status = '${status}'`, values: [] })),
    ...spanOf(filter),
    ...Object.entries(filter.labels ?? {}).map(hasLabel),
    ...(workingDirectory === undefined ? [] : [isBelow(workingDirectory)]),
    ...(attention === undefined ? [] : [{ sql: `attention IS ${attention ? "NOT " : ""}NULL`, values: [] }]),
    ...(namePrefix === undefined ? [] : [hasName(namePrefix)]),
    ...(group === undefined ? [] : [{ sql: "group_name = ?", values: [group] }]),
    ...(text === undefined ? [] : [hasText(text)]),
  ];
}

function spanOf({ createdAfter, createdBefore }: TaskFilter): Condition[] {
  const span: Condition[] = [];
  if (createdAfter !== undefined) span.push({ sql: "created_at > ?", values: [createdAfter] });
  if (createdBefore !== undefined) span.push({ sql: "created_at < ?", values: [createdBefore] });
  return span;
}

function hasLabel(label: [string, string]): Condition {
  const sql = `EXISTS (SELECT 1 FROM task_labels other WHERE other.key = ? AND other.value = ? AND other.task_id = id)`;
  return { sql, values: label };
}

function isBelow(directory: string): Condition {
  const below = directory.endsWith("/") ? directory : `${directory}/`;
  return { sql: "(working_directory = ? OR substr(working_directory, 1, ?) = ?)", values: [directory, below.length, below] };
}

function hasText(text: string): Condition {
  const sql = `EXISTS (SELECT 1 FROM task_search found WHERE found.task_id = id AND instr(found.search, ?) > 0)`;
  return { sql, values: [foldCase(text)] };
}

function hasName(prefix: string): Condition {
  return { sql: "substr(name, 1, length(?)) = ?", values: [prefix, prefix] };
}

function hasStatus(statuses: readonly string[]): Condition {
  return { sql: `status IN (${statuses.map(() => "?").join(", ")})`, values: statuses };
}
