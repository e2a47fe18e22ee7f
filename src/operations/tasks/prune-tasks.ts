/**
 * Prune: ended tasks that are older than asked for go, with their events and logs. A task that has
 * not ended is never touched.
 */
import type { Paths } from "../../config/paths.ts";
import type { Store } from "../../store/store.ts";
import { removeLogs } from "./remove-logs.ts";

/** So many tasks share one commit: others write in between. */
const batchSize = 100;

export interface Pruned {
  /** How many tasks were removed. */
  readonly removed: number;
  /** A sentence for each log that is left of them. */
  readonly faults: readonly string[];
}

/** @param endedBefore UTC ms. */
export async function pruneTasks(store: Store, paths: Paths, endedBefore: number): Promise<Pruned> {
  const faults: string[] = [];
  let removed = 0;
  for (;;) {
    const ids = store.tasks.endedBefore(endedBefore, batchSize);
    if (ids.length === 0) return { removed, faults };
    // One that was retried since is not ended any more; `remove` leaves it alone.
    const gone = await store.write(() => ids.filter((id) => store.tasks.remove(id)));
    faults.push(...gone.flatMap((id) => removeLogs(paths, id)));
    removed += gone.length;
    if (gone.length === 0) return { removed, faults };
  }
}
