/**
 * Stores tasks: insert, read, guarded change of status, counters, starting order. The domain
 * decides which status may follow which.
 */
import type Database from "better-sqlite3";
import { WorkerError } from "../../domain/errors.ts";
import { laneClass } from "../../domain/order/lanes.ts";
import { pointMs } from "../../domain/order/place.ts";
import { isTerminal, taskStatuses, terminalStatuses, titleOf } from "../../domain/task/task.ts";
import type { Task, TaskStatus } from "../../domain/task/task.ts";
import { next, sourcesOf } from "../../domain/task/transitions.ts";
import type { Operation } from "../../domain/task/transitions.ts";
import type { JsonObject } from "../../domain/text/read-json.ts";
import type { Writing } from "./group-commit.ts";
import type { LaneHeads } from "./lane-heads.ts";
import type { Bindable } from "./row.ts";
import type { BudgetKeeping } from "./budgets.ts";
import { createStatements } from "./statements.ts";
import { createQueuePlaces } from "./queue-places.ts";
import { createStartingOrder } from "./starting-order.ts";
import type { NewTask, TaskStore } from "../store.ts";
import { createTaskList } from "./task-list.ts";
import { longOptions, shortOptions } from "./task-options.ts";
import { insertedFields, patchedFields, patchedOptions, searchText, taskRow, textColumns } from "./task-row.ts";
import type { AnyTaskPatch, HeldTexts } from "./task-row.ts";

/** What a task's lane depends on. */
const lanePatch = ["group", "locks", "window", "profile"] as const;

export function createTaskStore(
  database: Database.Database,
  writing: Writing,
  { budgets, heads }: { readonly budgets: Pick<BudgetKeeping, "spent" | "moved">; readonly heads: LaneHeads },
): TaskStore {
  const statements = createStatements(database);
  const order = createStartingOrder(database, heads);
  const insertedColumns = ["title", "updated_at", "options", "lane", "queued_at", ...insertedFields.map((field) => taskRow.column(field))];
  const insertRow = database.prepare(
    `INSERT INTO tasks (${insertedColumns.join(", ")}) VALUES (${insertedColumns.map(() => "?").join(", ")})`,
  );
  const selectLastQueued = database.prepare<[], number>("SELECT queued_at FROM tasks ORDER BY id DESC LIMIT 1").pluck();
  const countPending = database.prepare("UPDATE status_counts SET count = count + 1 WHERE status = 'pending'");
  const insertLabels = database.prepare<[number, string]>(
    "INSERT INTO task_labels (key, value, task_id) SELECT key, value, ? FROM json_each(?)",
  );
  const insertTexts = database.prepare("INSERT INTO task_texts (task_id, options, prompt) VALUES (?, ?, ?)");
  // Two statements, not a join: SQLite would prepare the join again at each call (see
  // statements.ts), which costs 50 µs.
  const selectRow = database.prepare(`SELECT ${taskRow.select} FROM tasks WHERE id = ?`);
  const selectTexts = database.prepare(`SELECT ${textColumns} FROM task_texts WHERE task_id = ?`);
  const updatePrompt = database.prepare("UPDATE task_texts SET prompt = ? WHERE task_id = ?");
  const updateTitle = database.prepare("UPDATE tasks SET title = ? WHERE id = ?");
  const updateResult = database.prepare("UPDATE task_texts SET result = ? WHERE task_id = ?");
  const updateStructured = database.prepare("UPDATE task_texts SET structured_result = ? WHERE task_id = ?");
  const selectOptions = database.prepare<[number], string>("SELECT options FROM tasks WHERE id = ?").pluck();
  const selectLongOptions = database.prepare<[number], string>("SELECT options FROM task_texts WHERE task_id = ?").pluck();
  const updateLongOptions = database.prepare("UPDATE task_texts SET options = ? WHERE task_id = ?");
  const updateLane = database.prepare("UPDATE tasks SET lane = ? WHERE id = ?");
  const insertSearch = database.prepare("INSERT INTO task_search (task_id, search) VALUES (?, ?)");
  const updateSearch = database.prepare("UPDATE task_search SET search = ? WHERE task_id = ?");
  const selectCounts = database.prepare<[], { status: TaskStatus; count: number }>("SELECT status, count FROM status_counts");
  const selectStatus = database.prepare<[number], TaskStatus>("SELECT status FROM tasks WHERE id = ?").pluck();
  const selectCost = database.prepare<[number], number | null>("SELECT cost_usd FROM tasks WHERE id = ?").pluck();
  const selectCancel = database.prepare("SELECT 1 FROM tasks WHERE id = ? AND cancel_requested_at IS NOT NULL");
  // Attempts, events, texts and labels go with it (ON DELETE CASCADE).
  const deleteTask = database.prepare("DELETE FROM tasks WHERE id = ?");
  const selectEnded = database
    .prepare<[number, number], number>("SELECT id FROM tasks WHERE ended_at < ? ORDER BY ended_at, id LIMIT ?")
    .pluck();

  // A wait begins at the row's last change at the latest, so it is shortened by at most the time
  // that the clock was set back.
  const moveBack = database.prepare(
    `UPDATE tasks SET not_before = not_before - (updated_at - @now)
     WHERE status = 'pending' AND not_before IS NOT NULL AND not_before > @now AND updated_at > @now AND not_before_reason IS NOT 'schedule'`,
  );

  const selectRefused = database.prepare<[string, number, number], number>(
    "SELECT 1 FROM tasks INDEXED BY tasks_refused WHERE refusal = ? AND refused_at > ? AND id <> ? LIMIT 1",
  );
  const selectRefusedIds = database.prepare<[string], number>("SELECT id FROM tasks INDEXED BY tasks_refused WHERE refusal = ?").pluck();
  const selectBackedOff = database
    .prepare<[], number>(
      "SELECT id FROM tasks INDEXED BY tasks_delayed WHERE status = 'pending' AND unmet = 0 AND stashed_at IS NULL AND not_before IS NOT NULL AND refusals > 0",
    )
    .pluck();
  const forgetRefusal = database.prepare(
    `UPDATE tasks SET refusals = 0, refusal = NULL, refused_at = NULL, updated_at = @now,
       not_before = iif(not_before_reason = 'refused', NULL, not_before),
       not_before_reason = iif(not_before_reason = 'refused', NULL, not_before_reason)
     WHERE id = @id`,
  );
  const endBackOff = database.prepare(
    "UPDATE tasks SET not_before = @now, updated_at = @now WHERE id = @id AND not_before_reason = 'refused' AND not_before > @now",
  );

  function insert(task: NewTask): Task {
    writing.mustBeInside();
    const title = titleOf(task.prompt);
    const values = insertedFields.map((field) => taskRow.encode(field, task[field]));
    // Not before that of the task before it, whatever the clock does.
    const queuedAt = Math.max(task.createdAt, selectLastQueued.get() ?? 0);
    const { lastInsertRowid } = insertRow.run(title, task.createdAt, shortOptions.encode(task), laneClass(task), queuedAt, ...values);
    const id = Number(lastInsertRowid);
    // Not by triggers: see migration 56.
    countPending.run();
    if (Object.keys(task.labels).length > 0) insertLabels.run(id, JSON.stringify(task.labels));
    insertTexts.run(id, longOptions.encode(task), task.prompt);
    insertSearch.run(id, searchText(task.name, title));
    writing.touch(id);
    return mustGet(id);
  }

  function get(id: number): Task | null {
    const row = selectRow.get(id);
    if (row === undefined) return null;
    const { options, prompt, result, structuredResult: json } = selectTexts.get(id) as HeldTexts;
    const structuredResult = json === null ? null : (JSON.parse(json) as JsonObject);
    return Object.assign(longOptions.decodeInto(taskRow.decode(row), options), { prompt, result, structuredResult });
  }

  function mustGet(id: number): Task {
    const task = get(id);
    if (task === null) throw new WorkerError("internal", `Task ${id} is gone in the middle of its own change.`);
    return task;
  }

  function transition(id: number, operation: Operation, now: number, patch: AnyTaskPatch = {}, endedAt = now): Task | null {
    writing.touch(id);
    if (operation === "claim") throw new WorkerError("internal", "A task is claimed with attempts.claim: it needs an attempt.");
    return update(id, now, patch, { operation, endedAt });
  }

  function patchTask(id: number, now: number, patch: AnyTaskPatch): Task | null {
    writing.touch(id);
    return update(id, now, patch, null);
  }

  /**
   * One guarded statement for the row, and one each for the long options and the results where they
   * are given.
   */
  function update(id: number, now: number, patch: AnyTaskPatch, change: { operation: Operation; endedAt: number } | null): Task | null {
    const fields = patchedFields(patch);
    const sets = ["updated_at = @now", ...fields.map((field) => `${taskRow.column(field)} = @${field}`)];
    const guards = ["id = @id"];
    if (change !== null) {
      sets.push(...statusChange(change.operation));
      guards.push(...statusGuard(change.operation));
    }
    const comesBack = change !== null && sourcesOf(change.operation).every(isTerminal);
    // Its age counts again, but not that of its time after its end.
    if (comesBack) sets.push("queued_at = max(queued_at, @now - @pointMs)");
    if (comesBack || patch.priority !== undefined) sets.push("moved = NULL", "moved_rank = NULL", "moved_place = NULL");
    const values: Record<string, Bindable> = { id, now, endedAt: change?.endedAt ?? null, pointMs };
    for (const field of fields) values[field] = taskRow.encode(field, patch[field]);
    const options = shortOptions.holds(patch) ? selectOptions.get(id) : undefined;
    if (options !== undefined) {
      sets.push("options = @options");
      values["options"] = patchedOptions(shortOptions, options, patch);
    }
    const costBefore = patch.costUsd == null ? 0 : (selectCost.get(id) ?? 0);
    const { changes } = statements.get(`UPDATE tasks SET ${sets.join(", ")} WHERE ${guards.join(" AND ")}`).run(values);
    if (changes === 0) return null;
    if (patch.costUsd != null) budgets.spent(id, patch.costUsd - costBefore, now);
    if (patch.prompt !== undefined) {
      updatePrompt.run(patch.prompt, id);
      updateTitle.run(titleOf(patch.prompt), id);
    }
    if (patch.result !== undefined) updateResult.run(patch.result, id);
    if (patch.structuredResult !== undefined)
      updateStructured.run(patch.structuredResult === null ? null : JSON.stringify(patch.structuredResult), id);
    if (longOptions.holds(patch)) updateLongOptions.run(patchedOptions(longOptions, selectLongOptions.get(id) ?? "{}", patch), id);
    const task = mustGet(id);
    if (lanePatch.some((field) => patch[field] !== undefined)) updateLane.run(laneClass(task), id);
    if (patch.group !== undefined || patch.labels !== undefined) budgets.moved(id);
    if (patch.name !== undefined || patch.prompt !== undefined) updateSearch.run(searchText(task.name, task.title), id);
    return task;
  }

  function retitle(id: number, title: string): void {
    writing.touch(id);
    updateTitle.run(title, id);
    updateSearch.run(searchText(mustGet(id).name, title), id);
  }

  return {
    insert,
    retitle,
    get,
    row: (id) => {
      const row = selectRow.get(id);
      return row === undefined ? null : taskRow.decode(row);
    },
    longOptions: (id) => {
      const options = selectLongOptions.get(id);
      return options === undefined ? null : longOptions.decode(options);
    },
    exists: (id) => selectStatus.get(id) !== undefined,
    list: createTaskList(database),
    counts: () => {
      const counts = Object.fromEntries(taskStatuses.map((status) => [status, 0])) as Record<TaskStatus, number>;
      // The schema counts two more statuses, which no task can have.
      for (const { status, count } of selectCounts.all()) if (Object.hasOwn(counts, status)) counts[status] = count;
      return counts;
    },
    ...order,
    ...createQueuePlaces(database, writing),
    shortenWaits: (now) => {
      writing.mustBeInside();
      return moveBack.run({ now }).changes;
    },
    wasRefusedElsewhere: (refusal, taskId, since) => selectRefused.get(refusal, since, taskId) !== undefined,
    forgetRefusals: (refusal, now) => {
      const ids = selectRefusedIds.all(refusal);
      for (const id of ids) {
        writing.touch(id);
        forgetRefusal.run({ id, now });
      }
      return ids.length;
    },
    endBackOffs: (now) => {
      const ids = selectBackedOff.all();
      for (const id of ids) {
        writing.touch(id);
        endBackOff.run({ id, now });
      }
      return ids.length;
    },
    isCancelRequested: (id) => selectCancel.get(id) !== undefined,
    transition,
    patch: patchTask,
    remove: (id) => {
      const status = selectStatus.get(id);
      if (status === undefined || !isTerminal(status)) return false;
      writing.touch(id);
      return deleteTask.run(id).changes > 0;
    },
    endedBefore: (before, limit) => selectEnded.all(before, limit),
  };
}

/**
 * The assignments that move a task along the domain's table. `ended_at` and `open_attempt_id`
 * follow the status.
 */
function statusChange(operation: Operation): string[] {
  const moves = sourcesOf(operation).map((from) => ({ from, to: next(from, operation) ?? from }));
  const byStatus = (value: (to: TaskStatus) => string): string =>
    `CASE status ${moves.map(({ from, to }) => `WHEN '${from}' THEN ${value(to)}`).join(" ")} END`;
  const terminal = (to: TaskStatus): boolean => (terminalStatuses as readonly string[]).includes(to);
  return [
    `status = ${byStatus((to) => `'${to}'`)}`,
    `ended_at = ${byStatus((to) => (terminal(to) ? "@endedAt" : "NULL"))}`,
    `open_attempt_id = ${byStatus((to) => (keepsAttempt(operation, to) ? "open_attempt_id" : "NULL"))}`,
  ];
}

/** A task that asks a person keeps its runner; a parked one has none. */
function keepsAttempt(operation: Operation, to: TaskStatus): boolean {
  return to === "running" || (to === "waiting" && operation !== "park");
}

/** The guard of the same statement: the statuses in which the operation is allowed. */
function statusGuard(operation: Operation): string[] {
  const sources = sourcesOf(operation).map((status) => `'${status}'`);
  return [`status IN (${sources.join(", ")})`];
}
