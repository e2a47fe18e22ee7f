/**
 * Deletes ended tasks from before a moment, with their events and logs. Never touches a task that
 * has not ended.
 */
import type { Paths } from "../../config/paths.ts";
import type { Store } from "../../store/store.ts";
import { removeLogs } from "./remove-logs.ts";

/** How many tasks share one commit, so that other writes can come in between. */
const batchSize = 100;

export interface Pruned {
  /** How many tasks were removed. */
  readonly removed: number;
  /** A sentence for each log that could not be deleted. */
  readonly problems: readonly string[];
}

/** @param endedBefore UTC ms. */
export async function pruneTasks(store: Store, paths: Paths, endedBefore: number): Promise<Pruned> {
  const problems: string[] = [];
  let removed = 0;
  for (;;) {
    const ids = store.tasks.endedBefore(endedBefore, batchSize);
    if (ids.length === 0) return { removed, problems };
    // A task that was retried since has not ended, so `remove` does not delete it.
    const gone = await store.write(() => ids.filter((id) => store.tasks.remove(id)));
    problems.push(...gone.flatMap((id) => removeLogs(paths, id)));
    removed += gone.length;
    if (gone.length === 0) return { removed, problems };
  }
}
