/** Deletes an ended task with its attempts, its events and its logs. */
import type { Paths } from "../../config/paths.ts";
import type { Caller } from "../../contract/caller.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { Store } from "../../store/store.ts";
import { requireOwn } from "../rights/guard-agent.ts";
import { removeLogs } from "./remove-logs.ts";
import { requireTask } from "./require-task.ts";

/**
 * @throws WorkerError not_found, conflict when the task has not ended, storage_unusable when a log
 * is left.
 */
export async function removeTask(store: Store, paths: Paths, id: number, caller: Caller): Promise<void> {
  await store.write(() => {
    const task = requireTask(store, id);
    requireOwn(store, task, caller);
    if (!store.tasks.remove(id))
      throw new WorkerError("conflict", `Task ${id} is ${task.status}. Cancel it first: claude-worker cancel ${id}`);
  });
  const [problem] = removeLogs(paths, id);
  if (problem !== undefined) throw new WorkerError("storage_unusable", `Task ${id} is removed, but not its logs. ${problem}`);
}
