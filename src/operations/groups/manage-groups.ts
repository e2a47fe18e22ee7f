/** Lists, sets and forgets groups. */
import type { GroupChange } from "../../contract/operations/groups.ts";
import type { BudgetView } from "../../contract/views/budget.ts";
import type { GroupView } from "../../contract/views/group.ts";
import { WorkerError } from "../../domain/errors.ts";
import { groupScope } from "../../domain/order/budget.ts";
import { calendarPeriods } from "../../domain/order/calendar.ts";
import { shownGiven } from "../../domain/task/option-values.ts";
import type { GivenOptions } from "../../domain/task/option-values.ts";
import type { Store } from "../../store/store.ts";
import type { Group, GroupCounts } from "../../store/sqlite/groups.ts";
import { listBudgets, putBudget } from "../budgets/manage-budgets.ts";
import { rfc3339OrNull } from "../tasks/times.ts";

/** Groups that were set, and those with tasks that have not ended, by name. */
export function listGroups(store: Store, now: number): GroupView[] {
  const budgets = listBudgets(store, now);
  const counts = store.groups.counts();
  const set = new Map(store.groups.list().map((group) => [group.name, group]));
  const withBudgets = budgets.filter(({ scope }) => scope.startsWith("group:")).map(({ scope }) => scope.slice("group:".length));
  const names = [...new Set([...set.keys(), ...counts.keys(), ...withBudgets])].toSorted();
  return names.map((name) => view(store, name, { group: set.get(name), counts: counts.get(name), budgets }));
}

export async function setGroup(
  store: Store,
  name: string,
  { limit, paused, defaults, budgets_hard: isHard, ...amounts }: GroupChange,
  now: number,
): Promise<GroupView> {
  return await store.write(() => {
    const before = store.groups.get(name) ?? { name, maxRunning: null, pausedAt: null, createdAt: now };
    const pausedAt = paused === undefined ? before.pausedAt : paused ? (before.pausedAt ?? now) : null;
    const group = { ...before, maxRunning: limit === undefined ? before.maxRunning : limit, pausedAt };
    store.groups.put(group);
    if (defaults !== undefined) store.groups.setDefaults(name, changed(store.groups.defaults(name), defaults));
    for (const period of calendarPeriods) {
      const limitUsd = amounts[`budget_usd_per_${period}`];
      if (limitUsd !== undefined) putBudget(store, { scope: groupScope(name), period, limitUsd }, now);
    }
    if (isHard !== undefined) setHard(store, name, isHard, now);
    return view(store, name, { group, counts: store.groups.counts().get(name), budgets: listBudgets(store, now) });
  });
}

/** Inside `write`. For all budgets of the group. @throws WorkerError invalid_input: it has none. */
function setHard(store: Store, name: string, isHard: boolean, now: number): void {
  const budgets = store.budgets.list().filter(({ scope }) => scope === groupScope(name));
  if (budgets.length === 0) {
    const detail = "needs a budget, and the group has none. Give one: --budget-usd-per-day AMOUNT";
    throw new WorkerError("invalid_input", `${isHard ? "--hard" : "--soft"} ${detail}.`, [{ pointer: "/budgets_hard", detail }]);
  }
  for (const { scope, period, limitUsd } of budgets) putBudget(store, { scope, period, limitUsd, isHard }, now);
}

/** @throws WorkerError not_found. */
export function getGroup(store: Store, name: string, now: number): GroupView {
  const found = listGroups(store, now).find((group) => group.name === name);
  if (found !== undefined) return found;
  throw new WorkerError(
    "not_found",
    `The group ${name} is not set, and has no tasks that have not ended. See which there are: claude-worker group list`,
  );
}

/** The defaults after a change: null takes one back. */
function changed(before: GivenOptions, change: GivenOptions): GivenOptions {
  const all = Object.entries({ ...before, ...change });
  return Object.fromEntries(all.filter(([, value]) => value !== null && value !== undefined));
}

/** @throws WorkerError not_found. */
export async function removeGroup(store: Store, name: string): Promise<void> {
  const removed = await store.write(() => {
    const hadBudgets = calendarPeriods.filter((period) => store.budgets.remove(groupScope(name), period)).length > 0;
    return store.groups.remove(name) || hadBudgets;
  });
  if (removed) return;
  throw new WorkerError("not_found", `The group ${name} is not set. See which there are: claude-worker group list`);
}

interface GroupFacts {
  readonly group: Group | undefined;
  readonly counts: GroupCounts | undefined;
  readonly budgets: readonly BudgetView[];
}

function view(store: Store, name: string, { group, counts, budgets }: GroupFacts): GroupView {
  const pausedAt = group?.pausedAt ?? null;
  return {
    name,
    limit: group?.maxRunning ?? null,
    paused: pausedAt !== null,
    paused_at: rfc3339OrNull(pausedAt),
    defaults: group === undefined ? {} : shownGiven(store.groups.defaults(name)),
    budgets: budgets.filter(({ scope }) => scope === groupScope(name)),
    is_set: group !== undefined,
    ...(counts ?? { running: 0, waiting: 0, pending: 0 }),
  };
}
