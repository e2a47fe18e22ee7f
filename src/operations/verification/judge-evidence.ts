/** Says whether what passed in a task is true for its files as they are after its end. */
import { staleAttention } from "../../domain/attempt/attention.ts";
import { checksOf } from "../../domain/verification/checks.ts";
import type { Store } from "../../store/store.ts";

/**
 * Inside `write`. Called with each snapshot that is taken after the end. Does nothing where the
 * task is not completed, or has no checks.
 * @param tree of the files as they are now.
 */
export function judgeEvidence(store: Store, taskId: number, tree: string, now: number): void {
  const task = store.tasks.get(taskId);
  if (task?.status !== "completed" || checksOf(task).length === 0) return;
  const kept = store.iterations.scores(taskId).find(({ isKept }) => isKept)?.attemptId;
  const attemptId = kept ?? store.verifications.ofTask(taskId).findLast(({ isBaseline }) => !isBaseline)?.attemptId;
  if (attemptId === undefined) return;
  store.verifications.judge(taskId, attemptId, tree);
  const stale = store.verifications.ofTask(taskId).filter((run) => run.attemptId === attemptId && run.isStale && !run.isBaseline);
  const others = (task.attention ?? []).filter(({ kind }) => kind !== "changed_since_verified");
  const attention = [...others, ...staleAttention(stale)];
  store.tasks.patch(taskId, now, { attention: attention.length === 0 ? null : attention });
}
