/** Keeps the order of asynchronous steps. */

/** @returns a function that runs steps one after another, in the order of its calls. */
export function inOrder(): <T>(step: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (step) => {
    const taken = last.then(step);
    // The next step runs even when this one fails.
    last = taken.catch(() => {});
    return taken;
  };
}

/** Work that the code that begins it does not wait for. A stop waits for it. */
export class PendingWork {
  readonly #pending = new Set<Promise<unknown>>();

  /** @returns the same promise. */
  add<T>(work: Promise<T>): Promise<T> {
    const forget = (): void => void this.#pending.delete(work);
    this.#pending.add(work);
    work.then(forget, forget);
    return work;
  }

  /** Resolves when nothing is pending, however it ended. */
  async ended(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
  }
}
