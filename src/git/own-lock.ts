/**
 * Locks that a git which was killed has left on what only Claude Worker writes: the branch of a
 * task, its snapshots, HEAD of its worktree while no process works there. Git never removes them.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { GitProblem } from "./git-problem.ts";
import { worktreeFacts } from "./worktree-facts.ts";

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

/**
 * Removes the locks of a task's worktree: on its index, its HEAD, and the branch that it is on. An
 * agent whose git was killed with it would find them, and could not commit. No process may work
 * there. @param repository the common git directory.
 */
export function removeWorktreeLocks(worktree: string, repository: string): void {
  const { place, entry } = worktreeFacts(worktree, repository);
  if (place !== "worktree" || entry === null) return;
  for (const name of readdirSync(entry).filter((each) => each.endsWith(".lock"))) rmSync(path.join(entry, name), { force: true });
  const branch = /^ref: (refs\/heads\/.+)$/m.exec(readFileSync(path.join(entry, "HEAD"), "utf8"))?.[1];
  if (branch === undefined || branch.split("/").includes("..")) return;
  rmSync(path.join(repository, `${branch}.lock`), { force: true });
}
