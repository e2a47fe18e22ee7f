/** Keeps a task's files to one change at a time, and the task from starting meanwhile. */
import { WorkerError } from "../../domain/errors.ts";

export class WorkspaceGate {
  readonly #busy = new Map<number, string>();

  /**
   * Does `work` while nothing else works on the files of the task.
   * @param what names the work in a sentence, e.g. "Its files are put back".
   * @throws WorkerError conflict: something else does.
   */
  async with<T>(taskId: number, what: string, work: () => Promise<T>): Promise<T> {
    this.requireFree(taskId);
    this.#busy.set(taskId, what);
    try {
      return await work();
    } finally {
      this.#busy.delete(taskId);
    }
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
