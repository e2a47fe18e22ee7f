/**
 * Decides whether a running task has to stop between two steps because of money: a hard budget is
 * spent, or its tree of tasks has spent the budget of the task at its top.
 */
import { dollars } from "../domain/order/budget.ts";
import type { Task } from "../domain/task/task.ts";
import type { Store } from "../store/store.ts";

/** Why, as a sentence; null: it may continue. */
export function moneyStop(store: Store, task: Pick<Task, "id">, now: number): string | null {
  return store.budgets.hardBlock(task.id, now)?.message ?? treeStop(store, task.id);
}

/**
 * Whether some running task may have to stop after a commit. Cheap.
 * @param spenders the running tasks that the commit touched.
 */
export function mayStopAny(store: Store, spenders: readonly number[], now: number): boolean {
  return store.budgets.isHardSpent(now) || spenders.some((id) => treeStop(store, id) !== null);
}

/** A task without tasks below it is stopped by Claude Code itself. */
function treeStop(store: Store, taskId: number): string | null {
  const tree = store.agentTasks.tree(taskId);
  if (tree === null || tree.belowUsd === 0 || tree.rootUsd + tree.belowUsd < tree.maxBudgetUsd) return null;
  const spent = `${dollars(tree.rootUsd + tree.belowUsd)} of ${dollars(tree.maxBudgetUsd)}`;
  return `Task ${tree.rootId} and the tasks below it have spent its budget: ${spent}.`;
}
