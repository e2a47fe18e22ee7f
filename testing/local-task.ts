/** Tasks of one server, as tests use them: their ids are numbers. */
import type { InputOf, WorkerApi } from "../src/contract/api.ts";
import type { Caller } from "../src/contract/caller.ts";
import type { EventView } from "../src/contract/views/event.ts";
import type { TaskView } from "../src/contract/views/task.ts";

export type LocalTask = TaskView & { readonly id: number };

/** What a server's own operations answer. */
export interface LocalApi extends WorkerApi {
  submitTask(input: InputOf<"submitTask">, caller: Caller): Promise<LocalTask>;
  submitTasks(input: InputOf<"submitTasks">, caller: Caller): Promise<{ tasks: LocalTask[] }>;
  submitTaskOnce(input: InputOf<"submitTask">, key: string, caller: Caller): Promise<{ task: LocalTask; replayed: boolean }>;
}

/** @throws Error for a task of several machines. */
export function localTask(task: TaskView): LocalTask {
  return { ...task, id: localId(task) };
}

/** The number of the task that a view is of. @throws Error for a task of several machines. */
export function localId(view: Pick<TaskView, "id"> | Pick<EventView, "task_id">): number {
  const id = "id" in view ? view.id : view.task_id;
  if (typeof id !== "number") throw new Error(`${id} is not a task of this server`);
  return id;
}
