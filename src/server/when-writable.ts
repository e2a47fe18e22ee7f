/**
 * A server that was started on a disk that is full, or nearly so, reads, and begins to work when
 * there is room.
 */
import { setTimeout as delay } from "node:timers/promises";
import { WorkerError } from "../domain/errors.ts";
import type { Store } from "../store/store.ts";

/** Nothing tells of room on a disk: it is tried this often, as long as there is none. */
const retryMs = 2_000;

export interface BeginOptions {
  readonly store: Store;
  /** Ends the wait for room. */
  readonly signal: AbortSignal;
  /** Called for each step that met a full disk, before the wait. */
  onFull(error: WorkerError): void;
}

/**
 * Takes the steps in their order. One that meets a full disk is taken again when there is room:
 * each has to bear that.
 * @returns false when the signal came first.
 * @throws WorkerError what is not a full disk.
 */
export async function takeInRoom(steps: readonly (() => unknown)[], { store, signal, onFull }: BeginOptions): Promise<boolean> {
  for (const step of [() => (store.isWritable() ? undefined : store.probe()), ...steps]) {
    while (!(await fits(step, onFull))) {
      // A small write may find room where the step does not.
      await delay(retryMs, undefined, { signal }).catch(() => undefined); // Aborted: the wait below looks at the signal.
      if (!(await whenWritable(store, signal))) return false;
    }
  }
  return true;
}

async function fits(step: () => unknown, onFull: BeginOptions["onFull"]): Promise<boolean> {
  try {
    await step();
    return true;
  } catch (error) {
    if (!isFull(error)) throw error;
    onFull(error);
    return false;
  }
}

function isFull(error: unknown): error is WorkerError {
  return error instanceof WorkerError && error.code === "storage_full";
}

/**
 * Waits until the store takes writes.
 * @returns false when the signal came first.
 * @throws WorkerError what is not a full disk.
 */
async function whenWritable(store: Store, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    try {
      await store.probe();
      return true;
    } catch (error) {
      if (!isFull(error)) throw error;
    }
    await delay(retryMs, undefined, { signal }).catch(() => undefined); // Aborted: the loop looks at the signal.
  }
  return false;
}
