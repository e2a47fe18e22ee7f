/**
 * Locks that a git which was killed has left on what only Claude Worker writes: the branch of a
 * task, its snapshots, HEAD of its worktree while no process works there. Git never removes them.
 */
import { rmSync } from "node:fs";
import path from "node:path";
import { GitProblem } from "./git-problem.ts";

/**
 * Tries once more without the lock, where the lock stands in the way. Git has waited for it, and no
 * other process changes this at the same moment.
 * @param lock the file that git makes. @param below finds what it is relative to; left out: it is
 * absolute. @throws GitProblem.
 */
export async function despiteOwnLock<T>(lock: string, work: () => Promise<T>, below?: () => Promise<string>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof GitProblem) || !error.message.includes(lock)) throw error;
    rmSync(below === undefined ? lock : path.join(await below(), lock), { force: true });
    return await work();
  }
}
