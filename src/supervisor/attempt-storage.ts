/** Writes for an attempt to a store that may be full, broken, or taken over by another server. */
import { setTimeout as sleep } from "node:timers/promises";
import { WorkerError } from "../domain/errors.ts";
import type { Store } from "../store/store.ts";

/** Time between two tries while the disk is full. */
export const storageRetryMs = 2_000;

export interface Persistence {
  /** Whether the attempt was released: then there is no further try. */
  isOver(): boolean;
  hasRunner(): boolean;
}

/**
 * Repeats the work while the storage is full; the journal keeps everything meanwhile. Also waits
 * for an unusable storage while the runner lives, so that a stopping server can still stop the
 * runner.
 * @returns undefined when the attempt was released.
 */
export async function persistently<T>(work: () => Promise<T>, { isOver, hasRunner }: Persistence): Promise<T | undefined> {
  while (!isOver()) {
    try {
      return await work();
    } catch (error) {
      const code = codeOf(error);
      if (code !== "storage_full" && !(code === "storage_unusable" && hasRunner())) throw error;
      await sleep(storageRetryMs);
    }
  }
  return undefined;
}

/**
 * Whether this server still holds the attempt: no newer server has taken it over, and the store is
 * not closed. True on a full disk, where the store cannot be asked. null: not known now.
 */
export async function isHeld(store: Store, attemptId: number): Promise<boolean | null> {
  try {
    return await store.write(() => store.attempts.get(attemptId)?.epoch === store.epoch);
  } catch (error) {
    const code = codeOf(error);
    return code === "storage_full" ? true : code === "unavailable" ? false : null;
  }
}

function codeOf(error: unknown): WorkerError["code"] | null {
  return error instanceof WorkerError ? error.code : null;
}
