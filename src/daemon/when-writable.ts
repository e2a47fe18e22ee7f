/** A server that was started on a full disk reads, and begins to work when there is room. */
import { setTimeout as delay } from "node:timers/promises";
import { WorkerError } from "../domain/errors.ts";
import type { Store } from "../store/store.ts";

/** Nothing tells of room on a disk: it is tried this often, as long as there is none. */
const retryMs = 2_000;

/**
 * Waits until the store takes writes.
 * @returns false when the signal came first.
 * @throws WorkerError what is not a full disk.
 */
export async function whenWritable(store: Store, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    try {
      await store.probe();
      return true;
    } catch (error) {
      if (!(error instanceof WorkerError) || error.code !== "storage_full") throw error;
    }
    await delay(retryMs, undefined, { signal }).catch(() => undefined); // Aborted: the loop looks at the signal.
  }
  return false;
}
