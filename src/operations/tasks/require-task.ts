/** The task with this id, or the sentence that there is none. */
import { WorkerError } from "../../domain/errors.ts";
import type { Task } from "../../domain/task/task.ts";
import type { Store } from "../../store/store.ts";

/** @throws WorkerError not_found. */
export function requireTask(store: Store, id: number): Task {
  const task = store.tasks.get(id);
  if (task === null) throw new WorkerError("not_found", `There is no task ${id}. See which there are: claude-worker list --all`);
  return task;
}
