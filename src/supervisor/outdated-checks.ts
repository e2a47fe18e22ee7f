/** Finds checks that passed with other files than those that the attempt left. */
import { staleAttention } from "../domain/attempt/attention.ts";
import type { Attention } from "../domain/attempt/attention.ts";
import type { Attempt } from "../domain/task/task.ts";
import type { Store } from "../store/store.ts";

/**
 * Inside `write`. Marks what they found as stale. @returns what a person should look at; empty:
 * nothing changed, or it is not known.
 */
export function outdated(store: Store, { id, taskId }: Attempt): Attention[] {
  const last = store.checkpoints.last(taskId);
  if (last === null || store.verifications.outdateOthers(taskId, id, last.tree) === 0) return [];
  const runs = store.verifications.ofTask(taskId).filter((run) => run.attemptId === id && run.isStale && !run.isBaseline);
  return staleAttention(runs);
}
