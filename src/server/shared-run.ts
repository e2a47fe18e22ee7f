/** Work that runs once at a time, however many ask for it. */

/**
 * @returns a function that starts `work`, or, while it runs, gives everybody the answer that is to
 * come.
 */
export function sharedRun<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null;
  return () => {
    running ??= work().finally(() => {
      running = null;
    });
    return running;
  };
}
