/** What an attempt asks of a store that may be full, broken, or another server's by now. */
import { setTimeout as sleep } from "node:timers/promises";
import { WorkerError } from "../domain/errors.ts";
import type { Store } from "../store/store.ts";

/** While the disk is full the journal is tried again this often. */
export const storageRetryMs = 2_000;

export interface Persistence {
  /** Whether the attempt was let go: then nothing is tried again. */
  isOver(): boolean;
  hasRunner(): boolean;
}

/**
 * Repeats the work while the storage is full; the journal keeps everything meanwhile. Also waits for
 * an unusable storage while the runner lives: a server that leaves must still be able to stop it.
 * @returns undefined: the attempt was let go.
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
 * Whether no newer server has taken the attempt over. On a full disk, where nothing can be asked,
 * it has not. null: not known now.
 */
export async function isHeld(store: Store, attemptId: number): Promise<boolean | null> {
  try {
    return await store.write(() => store.attempts.get(attemptId)?.epoch === store.epoch);
  } catch (error) {
    const code = codeOf(error);
    return code === "storage_full" ? true : code === "conflict" ? false : null;
  }
}

function codeOf(error: unknown): WorkerError["code"] | null {
  return error instanceof WorkerError ? error.code : null;
}
