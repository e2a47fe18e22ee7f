/**
 * Waits for room on the disk: a server that was started on a full disk only reads, and begins to
 * work when there is room.
 */
import { setTimeout as delay } from "node:timers/promises";
import { WorkerError } from "../domain/errors.ts";
import type { Store } from "../store/store.ts";

/** Time between two tries while the disk is full. The system does not report when there is room. */
const retryMs = 2_000;

export interface BeginOptions {
  readonly store: Store;
  /** Ends the wait for room. */
  readonly signal: AbortSignal;
  /** Called for each step that met a full disk, before the wait. */
  onFull(error: WorkerError): void;
}

/**
 * Takes the steps in order. A step that meets a full disk is repeated when there is room, so every
 * step must be repeatable.
 * @returns false when the signal came first.
 * @throws WorkerError for errors other than a full disk.
 */
export async function takeInRoom(steps: readonly (() => unknown)[], { store, signal, onFull }: BeginOptions): Promise<boolean> {
  for (const step of [() => (store.isWritable() ? undefined : store.probe()), ...steps]) {
    while (!(await fits(step, onFull))) {
      // A small write may find room where the step does not.
      // An abort rejects this wait; the next wait checks the signal.
      await delay(retryMs, undefined, { signal }).catch(() => undefined);
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
 * Waits until writes to the store succeed.
 * @returns false when the signal came first.
 * @throws WorkerError for errors other than a full disk.
 */
async function whenWritable(store: Store, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    try {
      await store.probe();
      return true;
    } catch (error) {
      if (!isFull(error)) throw error;
    }
    // An abort rejects this wait; the loop checks the signal.
    await delay(retryMs, undefined, { signal }).catch(() => undefined);
  }
  return false;
}
