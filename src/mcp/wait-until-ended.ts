/** Waits until tasks have ended. The change feed wakes the wait; it does not poll. */
import type { WorkerApi } from "../contract/api.ts";
import type { TaskView } from "../contract/views/task.ts";
import { isTerminal } from "../domain/task/task.ts";
import type { TaskRef } from "../domain/task/task-ref.ts";

export interface WaitOptions {
  /** All of the tasks, or the first of them. */
  readonly until: "all" | "any";
  readonly timeoutMs: number;
  /** The caller gives up, or the server stops: what is known then is the answer. */
  readonly signals: readonly AbortSignal[];
  /** Called at the beginning and every `progressMs`. Absent: the caller asked for no progress. */
  readonly onProgress?: ((tasks: readonly TaskView[], elapsedMs: number) => void) | undefined;
  readonly progressMs?: number;
}

export interface WaitResult {
  /** In the order of the ids. */
  readonly tasks: readonly TaskView[];
  readonly ended: boolean;
  readonly why: "ended" | "timeout" | "given_up";
}

/** A busy task commits hundreds of times a second; looking this often is enough. */
const lookMs = 50;
const defaultProgressMs = 10_000;

/**
 * @throws WorkerError not_found for an id that is unknown, also when a task is removed meanwhile.
 */
export async function waitUntilEnded(api: WorkerApi, ids: readonly TaskRef[], options: WaitOptions): Promise<WaitResult> {
  const began = performance.now();
  const read = (): Promise<TaskView[]> => Promise.all(ids.map((id) => api.getTask({ id })));
  const isOver = (tasks: readonly TaskView[]): boolean => (options.until === "all" ? tasks.every(hasEnded) : tasks.some(hasEnded));
  const first = await read();
  if (isOver(first)) return { tasks: first, ended: true, why: "ended" };
  const why = await new Promise<WaitResult["why"]>((resolve, reject) => {
    let look: NodeJS.Timeout | null = null;
    let isSettled = false;
    const over = (reason: WaitResult["why"] | { error: unknown }): void => {
      isSettled = true;
      for (const subscription of subscriptions) subscription.close();
      for (const timer of [deadline, progress, look]) if (timer !== null) clearTimeout(timer);
      for (const signal of options.signals) signal.removeEventListener("abort", giveUp);
      if (typeof reason === "object") reject(reason.error);
      else resolve(reason);
    };
    const giveUp = (): void => over("given_up");
    const withTasks = async (use: (tasks: readonly TaskView[]) => void): Promise<void> => {
      try {
        const tasks = await read();
        if (!isSettled) use(tasks);
      } catch (error) {
        if (!isSettled) over({ error });
      }
    };
    const lookNow = (): void => {
      look = null;
      void withTasks((tasks) => {
        if (isOver(tasks)) over("ended");
      });
    };
    const wake = (): void => void (look ??= setTimeout(lookNow, lookMs));
    const tell = (): void => void withTasks((tasks) => options.onProgress?.(tasks, performance.now() - began));
    const subscriptions = ids.map((id) => api.onEvents(id, wake));
    const deadline = setTimeout(() => over("timeout"), options.timeoutMs);
    const progress = options.onProgress === undefined ? null : setInterval(tell, options.progressMs ?? defaultProgressMs);
    for (const signal of options.signals) {
      signal.addEventListener("abort", giveUp);
      if (signal.aborted) return giveUp();
    }
    tell();
    wake(); // What happened between the first look and the subscriptions.
  });
  const tasks = await read();
  return { tasks, ended: isOver(tasks), why: isOver(tasks) ? "ended" : why };
}

function hasEnded({ status }: TaskView): boolean {
  return isTerminal(status);
}
