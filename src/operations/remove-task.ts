/** Remove: an ended task, its attempts, its events and its logs are deleted. */
import { rmSync } from "node:fs";
import { rawLogPath, summaryLogPath } from "../config/paths.ts";
import type { Paths } from "../config/paths.ts";
import type { Caller } from "../contract/api.ts";
import { WorkerError } from "../domain/errors.ts";
import type { Store } from "../store/store.ts";
import { requireOwn } from "./guard-agent.ts";
import { requireTask } from "./require-task.ts";

/** @throws WorkerError not_found, conflict when it has not ended. */
export async function removeTask(store: Store, paths: Paths, id: number, caller: Caller): Promise<void> {
  await store.write(() => {
    const task = requireTask(store, id);
    requireOwn(store, task, caller);
    if (!store.tasks.remove(id))
      throw new WorkerError("conflict", `Task ${id} is ${task.status}. Cancel it first: claude-worker cancel ${id}`);
  });
  removeLogs(paths, id);
}

/** Deletes a removed task's logs. A link is unlinked, never followed. */
export function removeLogs(paths: Paths, id: number): void {
  for (const file of [rawLogPath(paths, id), summaryLogPath(paths, id)]) rmSync(file, { force: true });
}
