/**
 * Stores budgets, and what was spent of them: a sum for each scope and quarter of an hour, written
 * with each change of a task's costs. Reports a budget that is nearly spent once in its period.
 */
import type Database from "better-sqlite3";
import {
  budgetName,
  everything,
  estimateFrom,
  groupScope,
  isNearlySpent,
  isSpent,
  mostForEstimate,
  OpenBudgets,
  scopesOf,
} from "../../domain/order/budget.ts";
import type { Budget, BudgetBlock, BudgetScope, BudgetState, CostEstimate, RunningCost } from "../../domain/order/budget.ts";
import { stretchAt, systemTimeZone } from "../../domain/order/calendar.ts";
import type { CalendarPeriod, Stretch } from "../../domain/order/calendar.ts";
import { laneClass, needsOfClass } from "../../domain/order/lanes.ts";
import type { LaneBudgets } from "../../domain/order/lanes.ts";
import { isTerminal } from "../../domain/task/status.ts";
import type { TaskStatus } from "../../domain/task/status.ts";
import type { NewEvent } from "../../domain/events/event.ts";
import { beforeAll } from "./lane-heads.ts";
import type { LaneHeads } from "./lane-heads.ts";
import type { Writing } from "./group-commit.ts";
import type { Outbox } from "./outbox.ts";

export interface BudgetStore {
  /** By scope and period. */
  list(): Budget[];
  /** Each in the period that `now` lies in. */
  states(now: number): BudgetState[];
  /** Inside `write`. Sets a budget, or changes it. */
  put(budget: Budget, now: number): void;
  /** Inside `write`. Returns whether there was one. */
  remove(scope: BudgetScope, period: CalendarPeriod): boolean;
  /** Why a running task has to be interrupted: a hard budget of it is spent. Null: it does not. */
  hardBlock(taskId: number, now: number): BudgetBlock | null;
  /** Whether a hard budget is spent. */
  isHardSpent(now: number): boolean;
  /** Inside `write`. Forgets what was spent before this moment. */
  forget(before: number): void;
}

/** What other nouns of the store need of the budgets. */
export interface BudgetKeeping {
  readonly store: BudgetStore;
  /** Inside `write`. Counts what a task has spent since its last report, US dollars. */
  spent(taskId: number, usd: number, at: number): void;
  /** Inside `write`. The task's group or labels changed: they count for tasks below it. */
  moved(taskId: number): void;
  /** The budgets while tasks are chosen. */
  open(now: number): LaneBudgets;
  /** At the end of a write: keeps the lanes of its tasks, and reports budgets. */
  settle(taskIds: ReadonlySet<number>): void;
}

interface BudgetOptions {
  readonly writing: Writing;
  readonly outbox: Pick<Outbox, "ofBudget">;
  /** Adds an event to a task's story. */
  append(taskId: number, event: NewEvent): void;
  /** Of days, weeks and months; null: that of the system. */
  readonly timeZone: string | null;
  /** Gets each lane that a task changes to. */
  readonly heads: Pick<LaneHeads, "note">;
}

type BudgetRow = Omit<Budget, "isHard"> & { readonly isHard: number };
interface OpenTask {
  readonly status: TaskStatus;
  readonly group: string;
  readonly labels: string;
  readonly lane: string;
  readonly rootId: number | null;
}

/** Zones differ from UTC by whole quarters of an hour. */
const slotMs = 900_000;

export function createBudgetStore(database: Database.Database, options: BudgetOptions): BudgetKeeping {
  const { writing, outbox } = options;
  const zone = options.timeZone ?? systemTimeZone();
  const columns = 'scope, period, limit_usd AS "limitUsd", is_hard AS "isHard"';
  const selectAll = database.prepare<[], BudgetRow>(`SELECT ${columns} FROM budgets ORDER BY scope, period`);
  const selectAny = database.prepare("SELECT 1 FROM budgets LIMIT 1");
  const upsert = database.prepare(
    `INSERT INTO budgets (scope, period, limit_usd, is_hard, created_at) VALUES (@scope, @period, @limitUsd, @isHard, @now)
     ON CONFLICT (scope, period) DO UPDATE SET limit_usd = excluded.limit_usd, is_hard = excluded.is_hard`,
  );
  const deleteOne = database.prepare<[string, string]>("DELETE FROM budgets WHERE scope = ? AND period = ?");
  const addSpending = database.prepare<{ scope: string; slot: number; usd: number }>(
    "INSERT INTO spending (scope, slot, usd) VALUES (@scope, @slot, @usd) ON CONFLICT (scope, slot) DO UPDATE SET usd = usd + excluded.usd",
  );
  const sumSpending = database
    .prepare<[string, number, number], number>("SELECT total(usd) FROM spending WHERE scope = ? AND slot >= ? AND slot < ?")
    .pluck();
  const forgetSpending = database.prepare<[number]>("DELETE FROM spending WHERE slot < ?");
  const forgetNotices = database.prepare<[number]>("DELETE FROM budget_notices WHERE starts_at < ?");
  const addNotice = database.prepare(
    `INSERT INTO budget_notices (scope, period, starts_at, level, limit_usd) VALUES (@scope, @period, @startsAt, @level, @limitUsd)
     ON CONFLICT DO NOTHING`,
  );
  const selectTask = database.prepare<[number], OpenTask>(
    `SELECT status, group_name AS "group", labels, lane,
       (SELECT root_id FROM agent_tasks WHERE task_id = tasks.id) AS "rootId" FROM tasks WHERE id = ?`,
  );
  const selectAttemptStart = database
    .prepare<[number], number | null>("SELECT (SELECT started_at FROM attempts WHERE id = open_attempt_id) FROM tasks WHERE id = ?")
    .pluck();
  const selectLane = database.prepare<[number], string>("SELECT lane FROM tasks WHERE id = ?").pluck();
  const updateLane = database.prepare<[string, number]>("UPDATE tasks SET lane = ? WHERE id = ?");
  const isOpen = "status IN ('pending', 'running', 'waiting')";
  const selectLabelled = database
    .prepare<[string, string], number>(
      `SELECT id FROM tasks INDEXED BY tasks_by_status
       WHERE ${isOpen} AND EXISTS (SELECT 1 FROM task_labels WHERE key = ? AND value = ? AND task_id = tasks.id)`,
    )
    .pluck();
  const selectDelegated = database.prepare<[], number>("SELECT task_id FROM agent_tasks WHERE open = 1 AND root_id <> task_id").pluck();
  const selectBelow = database
    .prepare<[number], number>("SELECT task_id FROM agent_tasks INDEXED BY agent_tasks_by_root WHERE root_id = ? AND open = 1")
    .pluck();
  const selectRunning = database.prepare<[], { lane: string; costUsd: number | null }>(
    `SELECT lane, cost_usd AS "costUsd" FROM tasks INDEXED BY tasks_by_status WHERE status = 'running'`,
  );
  const selectCosts = database
    .prepare<[string, number], number | null>(
      `SELECT cost_usd FROM tasks INDEXED BY tasks_by_group WHERE group_name = ? AND status = 'completed' ORDER BY id DESC LIMIT ?`,
    )
    .pluck();

  const stretches = new Map<CalendarPeriod, Stretch>();
  /** Sums of what was spent, as long as nothing more is. Filled outside of writes only. */
  const sums = new Map<string, number>();
  /** The same for what tasks of a group cost. */
  const estimates = new Map<string, CostEstimate | null>();
  /** What was spent of in the current write: the task, and when. */
  const changed = new Map<BudgetScope, { readonly taskId: number; readonly at: number }>();

  function list(): Budget[] {
    return selectAll.all().map((row) => ({ ...row, isHard: row.isHard === 1 }));
  }

  function stretchOf(period: CalendarPeriod, now: number): Stretch {
    const known = stretches.get(period);
    if (known !== undefined && known.startsAt <= now && now < known.endsAt) return known;
    const found = stretchAt(period, now, zone);
    stretches.set(period, found);
    return found;
  }

  function spentIn(scope: BudgetScope, { startsAt, endsAt }: Stretch): number {
    return remembered(sums, `${startsAt} ${endsAt} ${scope}`, () => {
      const sum = sumSpending.get(scope, Math.floor(startsAt / slotMs), Math.floor(endsAt / slotMs)) ?? 0;
      return Math.max(0, Math.round(sum * 1e9) / 1e9);
    });
  }

  /** What a write that is undone has found is not remembered. */
  function remembered<T>(values: Map<string, T>, key: string, find: () => T): T {
    const known = values.get(key);
    if (known !== undefined) return known;
    const found = find();
    if (!database.inTransaction) values.set(key, found);
    return found;
  }

  function stateOf(budget: Budget, now: number): BudgetState {
    const stretch = stretchOf(budget.period, now);
    return { ...budget, ...stretch, spentUsd: spentIn(budget.scope, stretch) };
  }

  function states(now: number): BudgetState[] {
    return list().map((budget) => stateOf(budget, now));
  }

  function estimateOf(group: string): CostEstimate | null {
    return remembered(estimates, group, () => estimateFrom(selectCosts.all(group, mostForEstimate).filter((cost) => cost !== null)));
  }

  function runningCosts(): RunningCost[] {
    return selectRunning.all().map(({ lane, costUsd }) => ({ ...needsOfClass(lane), costUsd: costUsd ?? 0 }));
  }

  /** Every scope that the task counts for, also those of the task at the top of its tree. */
  function scopesOfTask({ group, labels, rootId }: OpenTask, id: number): BudgetScope[] {
    const root = rootId === null || rootId === id ? undefined : selectTask.get(rootId);
    const own = scopesOf({ group, labels: JSON.parse(labels) as Record<string, string> });
    const above = root === undefined ? [] : scopesOf({ group: root.group, labels: JSON.parse(root.labels) as Record<string, string> });
    return [...new Set([...own, ...above])];
  }

  /** Writes into the task's lane for which budgets it counts, beside that of its group. */
  function keepLane(id: number, known: ReadonlySet<BudgetScope>): void {
    const task = selectTask.get(id);
    if (task === undefined || isTerminal(task.status)) return;
    const budgets = scopesOfTask(task, id).filter((scope) => known.has(scope) && scope !== everything && scope !== groupScope(task.group));
    const lane = laneClass({ ...needsOfClass(task.lane), budgets });
    if (lane === task.lane) return;
    updateLane.run(lane, id);
    options.heads.note(lane, beforeAll);
  }

  /** A budget came or went: the lanes of the tasks that count for it change. */
  function keepLanesOf(scope: BudgetScope): void {
    const known = knownScopes();
    const label = /^label:([^=]+)=(.*)$/su.exec(scope);
    const ids = label === null ? [] : selectLabelled.all(label[1] ?? "", label[2] ?? "");
    for (const id of new Set([...ids, ...selectDelegated.all()])) keepLane(id, known);
  }

  function knownScopes(): ReadonlySet<BudgetScope> {
    return new Set(selectAll.all().map(({ scope }) => scope));
  }

  function report(): void {
    const reported = [...changed];
    changed.clear();
    for (const [scope, { taskId, at }] of reported) {
      for (const budget of list().filter((each) => each.scope === scope)) {
        const state = stateOf(budget, at);
        if (isNearlySpent(state)) reportLevel(state, isSpent(state) ? "spent" : "near", { taskId, at });
      }
    }
  }

  function reportLevel(state: BudgetState, level: "near" | "spent", { taskId, at }: { taskId: number; at: number }): void {
    const { scope, period, startsAt, endsAt, limitUsd, spentUsd } = state;
    if (addNotice.run({ scope, period, startsAt, level, limitUsd }).changes === 0) return;
    const data = {
      budget: budgetName(state),
      level,
      spent_usd: spentUsd,
      limit_usd: limitUsd,
      hard: state.isHard,
      ends_at: new Date(endsAt).toISOString(),
    };
    options.append(taskId, { type: "budget", at, data });
    outbox.ofBudget(level, state, at);
  }

  return {
    spent: (taskId, usd, now) => {
      const task = selectTask.get(taskId);
      if (task === undefined || usd === 0) return;
      // After the system's clock was set back, records are earlier than the attempt's beginning.
      const at = Math.max(now, selectAttemptStart.get(taskId) ?? 0);
      sums.clear();
      for (const scope of scopesOfTask(task, taskId)) {
        addSpending.run({ scope, slot: Math.floor(at / slotMs), usd });
        changed.set(scope, { taskId, at });
      }
    },
    moved: (taskId) => {
      for (const id of selectBelow.all(taskId)) writing.touch(id);
    },
    open: (now) => ({
      open: new OpenBudgets({ states: states(now), now, running: runningCosts, estimateOf }),
      of: (taskId) => needsOfClass(selectLane.get(taskId) ?? '[""]').budgets,
    }),
    settle: (taskIds) => {
      if (selectAny.get() === undefined) return changed.clear();
      report();
      const known = knownScopes();
      for (const id of taskIds) {
        const status = selectTask.get(id)?.status;
        if (status === undefined || isTerminal(status)) estimates.clear();
        else keepLane(id, known);
      }
    },
    store: {
      list,
      states,
      put: (budget, now) => {
        writing.mustBeInside();
        upsert.run({ ...budget, isHard: Number(budget.isHard), now });
        estimates.clear();
        keepLanesOf(budget.scope);
      },
      remove: (scope, period) => {
        writing.mustBeInside();
        const removed = deleteOne.run(scope, period).changes > 0;
        if (removed) keepLanesOf(scope);
        return removed;
      },
      isHardSpent: (now) => states(now).some((state) => state.isHard && isSpent(state)),
      hardBlock: (taskId, now) => {
        const hard = states(now).filter((state) => state.isHard && isSpent(state));
        const task = hard.length === 0 ? undefined : selectTask.get(taskId);
        if (task === undefined) return null;
        const open = new OpenBudgets({ states: hard, now, running: () => [], estimateOf: () => null });
        return open.spentBlock(scopesOfTask(task, taskId));
      },
      forget: (before) => {
        writing.mustBeInside();
        sums.clear();
        forgetSpending.run(Math.floor(before / slotMs));
        forgetNotices.run(before);
      },
    },
  };
}
