/** Moves pending tasks in the queue: to its front, to its back, or before another one. */
import type { Caller } from "../../contract/caller.ts";
import { WorkerError } from "../../domain/errors.ts";
import { reordered, targetText } from "../../domain/order/place.ts";
import type { MoveTarget } from "../../domain/order/place.ts";
import type { Task } from "../../domain/task/task.ts";
import type { Store } from "../../store/store.ts";
import { doneBy } from "../rights/audit.ts";
import { clientOf, isAgent, isOwn, requireDelegated } from "../rights/guard-agent.ts";
import { requireTask } from "./require-task.ts";

/**
 * A second move to the same place succeeds, and changes nothing. An agent's task moves among the
 * places that its client's own tasks have.
 * @throws WorkerError not_found; invalid_input: before itself; conflict when one of the tasks is
 * not pending; forbidden for an agent when one of them is not of its own submits.
 */
export function moveTask(store: Store, id: number, target: MoveTarget, caller: Caller, now: number): Promise<Task> {
  return store.write(() => {
    const task = requireTask(store, id);
    const other = typeof target === "string" ? null : requireTask(store, target.before);
    if (isAgent(caller)) for (const each of [task, other]) if (each !== null) requireDelegated(store, each, caller);
    if (other?.id === id) throw new WorkerError("invalid_input", `Task ${id} cannot be moved before itself. Name another task.`);
    requirePending(task, "Only a task that has not started can be moved.");
    if (other !== null) requirePending(other, "A task can be moved only before one that has not started.");
    const moved = isAgent(caller) ? moveAmongOwn(store, id, target, caller, now) : store.tasks.move(id, target, now);
    if (!moved) return task;
    store.events.append(id, null, [{ type: "moved", at: now, data: { ...doneBy(caller), to: targetText(target) } }]);
    return requireTask(store, id);
  });
}

function requirePending({ id, status }: Task, rule: string): void {
  if (status !== "pending") throw new WorkerError("conflict", `Task ${id} is ${status}. ${rule}`);
}

function moveAmongOwn(store: Store, id: number, target: MoveTarget, caller: Caller, now: number): boolean {
  const all = store.agentTasks.pendingOf(clientOf(store, caller));
  const own = all.filter((each) => isOwn(store, requireTask(store, each), caller));
  const ids = store.tasks.spots(own).map((spot) => spot.id);
  return store.tasks.exchange(reordered(ids, id, target), { id, target }, now);
}
