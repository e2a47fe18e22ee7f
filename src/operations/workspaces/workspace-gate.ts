/** Keeps a task's files to one change at a time, and the task from starting meanwhile. */
import { WorkerError } from "../../domain/errors.ts";

export class WorkspaceGate {
  readonly #busy = new Map<number, string>();
  /** What the server finishes of its own accord: calls wait for it. */
  readonly #own = new Map<number, Promise<void>>();

  /**
   * Does `work` while nothing else works on the files of the task.
   * @param what names the work in a sentence, e.g. "Its files are put back".
   * @throws WorkerError conflict: something else does.
   */
  async with<T>(taskId: number, what: string, work: () => Promise<T>): Promise<T> {
    const own = this.#own.get(taskId);
    if (own !== undefined) await own;
    this.requireFree(taskId);
    this.#busy.set(taskId, what);
    try {
      return await work();
    } finally {
      this.#busy.delete(taskId);
    }
  }

  /** The same for the files of several tasks. @throws WorkerError conflict. */
  async withAll<T>([id, ...rest]: readonly number[], what: string, work: () => Promise<T>): Promise<T> {
    return id === undefined ? await work() : await this.with(id, what, async () => await this.withAll(rest, what, work));
  }

  /** Does work of the server's own, for which the next call waits. Nothing, where a call works. */
  async before(taskId: number, what: string, work: () => Promise<void>): Promise<void> {
    if (this.isBusy(taskId)) return;
    const own = this.with(taskId, what, work).finally(() => this.#own.delete(taskId));
    this.#own.set(
      taskId,
      own.catch(() => {}),
    );
    await own;
  }

  isBusy(taskId: number): boolean {
    return this.#busy.has(taskId);
  }

  /** @throws WorkerError conflict. */
  requireFree(taskId: number): void {
    const what = this.#busy.get(taskId);
    if (what !== undefined) throw new WorkerError("conflict", `Task ${taskId} is busy: ${what}. Try again in a moment.`);
  }
}
