/**
 * Deletes an ended task with its attempts, its events, its logs and its snapshots. Its worktree
 * goes into the trash.
 */
import type { Caller } from "../../contract/caller.ts";
import { WorkerError } from "../../domain/errors.ts";
import { isTerminal } from "../../domain/task/task.ts";
import { requireOwn } from "../rights/guard-agent.ts";
import { sweepSnapshots } from "../workspaces/empty-trash.ts";
import type { CleanContext } from "../workspaces/losses.ts";
import { releaseWorkspace } from "../workspaces/release-workspace.ts";
import { removeLogs } from "./remove-logs.ts";
import { requireTask } from "./require-task.ts";

/**
 * @throws WorkerError not_found, conflict when the task has not ended or its worktree has what
 * would be lost, storage_unusable when a log is left.
 */
export async function removeTask(context: CleanContext, id: number, caller: Caller): Promise<void> {
  const { store, paths } = context;
  const found = requireTask(store, id);
  requireOwn(store, found, caller);
  if (isTerminal(found.status)) await releaseWorkspace(context, id);
  await store.write(() => {
    const task = requireTask(store, id);
    if (!store.tasks.remove(id))
      throw new WorkerError("conflict", `Task ${id} is ${task.status}. Cancel it first: claude-worker cancel ${id}`);
  });
  await sweepSnapshots(context);
  const [problem] = removeLogs(paths, id);
  if (problem !== undefined) throw new WorkerError("storage_unusable", `Task ${id} is removed, but not its logs. ${problem}`);
}
