/** Waits for so long, or until the signal. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const end = (): void => resolve();
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) resolve();
  await promise;
  signal.removeEventListener("abort", end);
  clearTimeout(timer);
}
