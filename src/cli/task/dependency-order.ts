/** The order in which several tasks are put to run again, or cancelled. */
import type { WorkerClient } from "../../client/worker-client.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";
import type { Call } from "../commandline/command.ts";
import { reading } from "../server/connection.ts";
import { actTaskId } from "./task-reference.ts";

type Reader = Pick<WorkerClient, "getTask">;

/**
 * The same tasks, each behind those of them that it runs after: its retry then finds them pending
 * and waits for them. Otherwise the order stays.
 */
export async function inDependencyOrder(client: Reader, ids: readonly TaskRef[]): Promise<TaskRef[]> {
  if (ids.length < 2) return [...ids];
  const needs = new Map<TaskRef, TaskRef[]>();
  for (const id of ids) {
    // A task that was removed meanwhile is reported by the retry itself.
    const task = await client.getTask({ id }).catch(() => null);
    needs.set(id, task?.depends_on.map((each) => each.task) ?? []);
  }
  const sorted = new Set<TaskRef>();
  for (const start of ids) {
    // Depth first, with a stack of its own: a chain may have thousands of tasks.
    const path = [start];
    for (let id = path.at(-1); id !== undefined; id = path.at(-1)) {
      const next = needs.get(id)?.find((other) => needs.has(other) && !sorted.has(other));
      if (next !== undefined) path.push(next);
      else sorted.add(path.pop() ?? id);
    }
  }
  return [...sorted];
}

/** The same tasks, each before those of them that it runs after. */
export async function inReverseOrder(client: Reader, ids: readonly TaskRef[]): Promise<TaskRef[]> {
  return (await inDependencyOrder(client, ids.toReversed())).toReversed();
}

/** The same call, with the tasks that it names in their order. @throws as a reference does. */
export async function withWordsInOrder<T extends object>(
  call: Call<T>,
  order: (client: Reader, ids: readonly TaskRef[]) => Promise<TaskRef[]>,
): Promise<Call<T>> {
  const { words, io } = call;
  if (words.length < 2) return call;
  const { found } = await reading(io, async (client) => {
    const ids = await Promise.all(words.map(async (word) => await actTaskId(client, word)));
    return await order(client, [...new Set(ids)]);
  });
  return { ...call, words: found.map(String) };
}
