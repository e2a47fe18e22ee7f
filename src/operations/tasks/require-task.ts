/** Finds the task of an id, or throws an error that it does not exist. */
import { WorkerError } from "../../domain/errors.ts";
import type { Task } from "../../domain/task/task.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";
import type { Store } from "../../store/store.ts";

/** @throws WorkerError not_found. */
export function requireTask(store: Store, ref: TaskRef): Task {
  const id = localTaskId(ref);
  const task = store.tasks.get(id);
  if (task === null) throw new WorkerError("not_found", `There is no task ${id}. See which there are: claude-worker list --all`);
  return task;
}

/**
 * The number of a task of this server. @throws WorkerError not_found: a task of several machines.
 */
export function localTaskId(ref: TaskRef): number {
  if (typeof ref === "number") return ref;
  throw new WorkerError(
    "not_found",
    `There is no task ${ref}: this server keeps no tasks of several machines. Its own tasks have numbers: claude-worker list`,
  );
}
