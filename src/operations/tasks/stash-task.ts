/** Puts pending tasks aside, and back into the queue. */
import type { Caller } from "../../contract/caller.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { Task } from "../../domain/task/task.ts";
import type { Store } from "../../store/store.ts";
import { doneBy } from "../rights/audit.ts";
import { isAgent, requireDelegated } from "../rights/guard-agent.ts";
import { requireTask } from "./require-task.ts";

/**
 * A second stash of the same task succeeds, and keeps the time of the first.
 * @throws WorkerError not_found; conflict when the task is not pending; forbidden for an agent when
 * the task is not of its own submits.
 */
export function stashTask(store: Store, id: number, caller: Caller, now: number): Promise<Task> {
  return changed(store, id, { caller, now, verb: "put aside", stashedAt: now });
}

/** A second one succeeds, too. @throws WorkerError as `stashTask`. */
export function enqueueTask(store: Store, id: number, caller: Caller, now: number): Promise<Task> {
  return changed(store, id, { caller, now, verb: "put into the queue", stashedAt: null });
}

interface Change {
  readonly caller: Caller;
  readonly now: number;
  readonly verb: string;
  readonly stashedAt: number | null;
}

function changed(store: Store, id: number, { caller, now, verb, stashedAt }: Change): Promise<Task> {
  return store.write(() => {
    const task = requireTask(store, id);
    if (isAgent(caller)) requireDelegated(store, task, caller);
    if (task.status !== "pending")
      throw new WorkerError("conflict", `Task ${id} is ${task.status}. Only a task that has not started can be ${verb}.`);
    if ((task.stashedAt === null) === (stashedAt === null)) return task;
    store.events.append(id, null, [{ type: stashedAt === null ? "enqueued" : "stashed", at: now, data: doneBy(caller) }]);
    return store.tasks.patch(id, now, { stashedAt }) ?? task;
  });
}
