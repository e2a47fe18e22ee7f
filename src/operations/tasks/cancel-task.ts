/**
 * Cancels tasks: a waiting task ends at once; for a running task the request is stored, and its
 * supervisor stops it.
 */
import type { Caller } from "../../contract/caller.ts";
import { WorkerError } from "../../domain/errors.ts";
import { isTerminal } from "../../domain/task/task.ts";
import type { Task } from "../../domain/task/task.ts";
import type { Store } from "../../store/store.ts";
import { doneBy } from "../rights/audit.ts";
import { requireOwn } from "../rights/guard-agent.ts";
import { endWithoutAttempt } from "./end-without-attempt.ts";
import { requireTask } from "./require-task.ts";

/** The cancelled task, with a warning where there is one. */
export interface Cancelled {
  readonly task: Task;
  /** Set when the request could not be stored: a sentence that says what was done instead. */
  readonly warning?: string;
}

/**
 * Like `cancelTask`, but also stops a running task on a full disk or without the database. The
 * runner keeps the request in its journal, so the task ends as cancelled when the store works
 * again.
 * @param stopRunner sends the stop to the task's runner; resolves with whether the runner got it.
 * @throws WorkerError like `cancelTask`; `storage_full`, `storage_unusable` for a task that does
 * not run, or whose runner cannot be reached.
 */
export async function cancelAnyway(
  store: Store,
  id: number,
  { caller, now, stopRunner }: { caller: Caller; now: number; stopRunner: (taskId: number) => Promise<boolean> },
): Promise<Cancelled> {
  try {
    return { task: await cancelTask(store, id, caller, now) };
  } catch (error) {
    if (!(error instanceof WorkerError) || (error.code !== "storage_full" && error.code !== "storage_unusable")) throw error;
    const task = requireTask(store, id);
    requireOwn(store, task, caller);
    if (!isUnderWay(task) || !(await stopRunner(id))) throw error;
    const warning = `Task ${id} is being stopped, but this cannot be stored yet (${error.code}). It stays "running" until the storage works again, and then ends as cancelled.`;
    return { task: { ...task, cancelRequestedAt: now }, warning };
  }
}

/**
 * Cancels a task. A second cancel of the same task succeeds.
 * @throws WorkerError not_found, conflict when the task has ended.
 */
export function cancelTask(store: Store, id: number, caller: Caller, now: number): Promise<Task> {
  return store.write(() => cancelWithin(store, id, caller, now));
}

/** Inside `write`. @throws WorkerError like `cancelTask`. */
export function cancelWithin(store: Store, id: number, caller: Caller, now: number): Task {
  const task = requireTask(store, id);
  requireOwn(store, task, caller);
  if (task.status === "cancelled" || task.cancelRequestedAt !== null) return task;
  if (isTerminal(task.status))
    throw new WorkerError("conflict", `Task ${id} is ${task.status} already. Only a task that has not ended can be cancelled.`);
  store.events.append(id, task.openAttemptId, [{ type: "cancel_requested", at: now, data: doneBy(caller) }]);
  if (isUnderWay(task)) return store.tasks.patch(id, now, { cancelRequestedAt: now }) ?? task;
  const message = task.attemptCount === 0 ? "Cancelled before it ran." : "Cancelled while it waited.";
  const error = { code: "cancelled", message };
  return endWithoutAttempt(store, id, "cancelled", { error, now, cancelRequestedAt: now }) ?? task;
}

/** Whether an attempt of the task is open: its supervisor ends it. */
function isUnderWay({ openAttemptId }: Task): boolean {
  return openAttemptId !== null;
}
