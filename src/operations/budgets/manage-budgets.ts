/** Lists, sets and removes budgets. */
import type { BudgetInput } from "../../contract/operations/budgets.ts";
import type { BudgetView } from "../../contract/views/budget.ts";
import { WorkerError } from "../../domain/errors.ts";
import { budgetName, isNearlySpent, isSpent, maxBudgets, scopeWords } from "../../domain/order/budget.ts";
import type { BudgetState } from "../../domain/order/budget.ts";
import { systemTimeZone } from "../../domain/order/calendar.ts";
import type { CalendarPeriod } from "../../domain/order/calendar.ts";
import type { Store } from "../../store/store.ts";
import { rfc3339 } from "../tasks/times.ts";

/** By scope and period. */
export function listBudgets(store: Store, now: number): BudgetView[] {
  return store.budgets.states(now).map(budgetView);
}

/** The time zone that the budgets' days are of. @param setting `time_zone`. */
export function budgetZone(setting: string | null): string {
  return setting ?? systemTimeZone();
}

/** @throws WorkerError conflict: there are too many. */
export async function setBudget(
  store: Store,
  { scope, period, limit_usd: limitUsd, hard }: BudgetInput & { scope: string; period: CalendarPeriod },
  now: number,
): Promise<BudgetView> {
  return await store.write(() => {
    putBudget(store, { scope, period, limitUsd, isHard: hard }, now);
    return requireView(store, scope, period, now);
  });
}

export interface BudgetChange {
  readonly scope: string;
  readonly period: CalendarPeriod;
  /** US dollars; null: the budget is removed. */
  readonly limitUsd: number | null;
  /** Absent: as it was. */
  readonly isHard?: boolean | undefined;
}

/** Inside `write`. @throws WorkerError conflict: there are too many. */
export function putBudget(store: Store, { scope, period, limitUsd, isHard }: BudgetChange, now: number): void {
  if (limitUsd === null) return void store.budgets.remove(scope, period);
  const all = store.budgets.list();
  const before = all.find((each) => each.scope === scope && each.period === period);
  if (before === undefined && all.length >= maxBudgets)
    throw new WorkerError(
      "conflict",
      `There are ${all.length} budgets already, and ${maxBudgets} are allowed. Remove one: claude-worker budget rm`,
    );
  store.budgets.put({ scope, period, limitUsd, isHard: isHard ?? before?.isHard ?? false }, now);
}

/** @throws WorkerError not_found. */
export async function removeBudget(store: Store, { scope, period }: { scope: string; period: CalendarPeriod }): Promise<void> {
  if (await store.write(() => store.budgets.remove(scope, period))) return;
  throw new WorkerError(
    "not_found",
    `There is no budget of ${scopeWords(scope)} for a ${period}. See which there are: claude-worker budget list`,
  );
}

function requireView(store: Store, scope: string, period: CalendarPeriod, now: number): BudgetView {
  const state = store.budgets.states(now).find((each) => each.scope === scope && each.period === period);
  if (state === undefined) throw new WorkerError("internal", "The budget is gone in the middle of its own change.");
  return budgetView(state);
}

function budgetView(state: BudgetState): BudgetView {
  const { scope, period, limitUsd, isHard, spentUsd, startsAt, endsAt } = state;
  return {
    name: budgetName(state),
    scope,
    period,
    limit_usd: limitUsd,
    hard: isHard,
    spent_usd: spentUsd,
    left_usd: Math.max(0, Math.round((limitUsd - spentUsd) * 1e9) / 1e9),
    state: isSpent(state) ? "spent" : isNearlySpent(state) ? "near" : "open",
    starts_at: rfc3339(startsAt),
    ends_at: rfc3339(endsAt),
  };
}
