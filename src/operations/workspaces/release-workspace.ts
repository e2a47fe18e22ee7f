/** Lets go of a task's files before the task is removed: its worktree goes into the trash. */
import { rmSync } from "node:fs";
import { temporaryPath } from "../../config/paths.ts";
import { WorkerError } from "../../domain/errors.ts";
import { trashWorktree } from "./clean-workspaces.ts";
import { gitAnswer } from "./git-answer.ts";
import { lossesOf, worktreeOf } from "./losses.ts";
import type { CleanContext } from "./losses.ts";

/**
 * The task has ended. A worktree that it shares stays for tasks that are not removed with it. Its
 * snapshots are deleted with it, so what is only in them would be lost.
 * @param removed the tasks that are removed together.
 * @throws WorkerError conflict: something would be lost.
 */
export async function releaseWorkspace(
  context: CleanContext,
  taskId: number,
  removed: ReadonlySet<number> = new Set([taskId]),
): Promise<void> {
  const sharing = context.store.workspaces.sharing(taskId);
  if (sharing.some((id) => !removed.has(id) && context.store.tasks.exists(id))) return;
  await context.gate.withAll(sharing, "its worktree is removed", async () => await release(context, taskId));
}

async function release(context: CleanContext, taskId: number): Promise<void> {
  const worktree = worktreeOf(context.store, taskId);
  if (worktree === null || worktree.state === "trashed" || worktree.state === "gone") return;
  const { inUse, lost, isThere } = await lossesOf(context, worktree, false);
  const reasons = [...inUse, ...lost];
  if (reasons.length > 0)
    throw new WorkerError(
      "conflict",
      `The worktree of task ${taskId} would be lost with it: ${reasons.join("; ")}. Keep the work (push or merge its branch), or throw it away first: claude-worker workspace clean ${taskId} --force`,
    );
  if (isThere) return await gitAnswer(async () => await trashWorktree(context, worktree));
  const { store, paths } = context;
  for (const id of store.workspaces.sharing(taskId)) rmSync(temporaryPath(paths, id), { recursive: true, force: true });
  await store.write(() => store.workspaces.put({ ...worktree, state: "gone", ports: null }));
}
