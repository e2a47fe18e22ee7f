/** Waits, until a signal ends the wait. */

/** Node takes a longer time for none. */
const longestTimerMs = 2 ** 31 - 1;

/** Waits for so long, or until the signal. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.min(ms, longestTimerMs));
  const end = (): void => resolve();
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) resolve();
  await promise;
  signal.removeEventListener("abort", end);
  clearTimeout(timer);
}

/**
 * Waits until this long after a moment. A loop that asks a service needs it: one that answers at
 * once would be asked without end.
 * @param since of the monotonic clock, ms.
 */
export async function pauseSince(since: number, ms: number, signal: AbortSignal): Promise<void> {
  const leftMs = since + ms - performance.now();
  if (leftMs > 0) await pause(leftMs, signal);
}
