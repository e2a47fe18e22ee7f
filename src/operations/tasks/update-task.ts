/** Changes a task's name, priority or labels. All other fields never change. */
import type { Settings } from "../../config/settings.ts";
import type { Caller } from "../../contract/caller.ts";
import type { TaskChange } from "../../contract/operations/tasks.ts";
import type { Task } from "../../domain/task/task.ts";
import type { Store } from "../../store/store.ts";
import { isAgent, requireAgentPriority, requireOwn } from "../rights/guard-agent.ts";
import { requireTask } from "./require-task.ts";

interface UpdateContext {
  readonly store: Store;
  readonly settings: Settings;
  readonly now: number;
}

interface UpdateOptions {
  readonly caller: Caller;
  /**
   * Checks the task before the change, in the same transaction. When it throws, nothing changes.
   */
  readonly check: (task: Task) => void;
}

/**
 * @throws WorkerError not_found, forbidden (for an agent when the task is not its own or the
 * priority is too high).
 */
export async function updateTask(
  { store, settings, now }: UpdateContext,
  id: number,
  { name, priority, labels }: TaskChange,
  { caller, check }: UpdateOptions,
): Promise<Task> {
  const patch = {
    ...(name === undefined ? {} : { name }),
    ...(priority === undefined ? {} : { priority }),
    ...(labels === undefined ? {} : { labels }),
  };
  const updated = await store.write(() => {
    const task = requireTask(store, id);
    requireOwn(store, task, caller);
    if (priority !== undefined && isAgent(caller)) requireAgentPriority({ store, settings }, task, priority);
    check(task);
    return store.tasks.patch(id, now, patch);
  });
  return updated ?? requireTask(store, id);
}
