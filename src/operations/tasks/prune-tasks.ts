/**
 * Deletes ended tasks from before a moment, with their events, logs and snapshots. Never touches a
 * task that has not ended, nor one whose worktree has what would be lost.
 */
import { WorkerError } from "../../domain/errors.ts";
import { sweepSnapshots } from "../workspaces/empty-trash.ts";
import type { CleanContext } from "../workspaces/losses.ts";
import { releaseWorkspace } from "../workspaces/release-workspace.ts";
import { removeLogs } from "./remove-logs.ts";

/** How many tasks share one commit, so that other writes can come in between. */
const batchSize = 100;

export interface Pruned {
  /** How many tasks were removed. */
  readonly removed: number;
  /** How many stay, because something of their worktrees would be lost. */
  readonly kept: number;
  /** A sentence for each log that could not be deleted. */
  readonly problems: readonly string[];
}

/** @param endedBefore UTC ms. */
export async function pruneTasks(context: CleanContext, endedBefore: number): Promise<Pruned> {
  const { store, paths } = context;
  const problems: string[] = [];
  const kept = new Set<number>();
  let removed = 0;
  for (;;) {
    const ids = store.tasks.endedBefore(endedBefore, batchSize + kept.size).filter((id) => !kept.has(id));
    const released: number[] = [];
    for (const id of ids)
      if (await isReleased(context, id, new Set(ids))) released.push(id);
      else kept.add(id);
    // A task that was retried since has not ended, so `remove` does not delete it.
    const gone = released.length === 0 ? [] : await store.write(() => released.filter((id) => store.tasks.remove(id)));
    problems.push(...gone.flatMap((id) => removeLogs(paths, id)));
    removed += gone.length;
    if (gone.length === 0 && (ids.length === 0 || released.length > 0)) break;
  }
  if (removed > 0) await sweepSnapshots(context);
  return { removed, kept: kept.size, problems };
}

async function isReleased(context: CleanContext, id: number, removed: ReadonlySet<number>): Promise<boolean> {
  try {
    await releaseWorkspace(context, id, removed);
    return true;
  } catch (error) {
    if (error instanceof WorkerError) return false;
    throw error;
  }
}
