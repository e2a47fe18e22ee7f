/** Asks a server that comes and goes, like a client that tries again. */
import { setTimeout as delay } from "node:timers/promises";
import { WorkerError } from "../../src/client/index.ts";
import type { World } from "./world.ts";

/** A server that is down is waited for this long before the next try. */
const againMs = 30;

/**
 * Tries until the server has acknowledged it.
 * @param known looks for what came of a try without an answer; null: nothing.
 * @throws what the server refuses.
 */
export async function persist<T>(world: World, act: () => Promise<T>, known: () => T | null = () => null): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (isRefusal(error)) throw error;
      await delay(againMs); // Like a client that tries again.
      await world.ensureServer();
      const found = known();
      if (found !== null) return found;
    }
  }
}

const refusals = new Set(["conflict", "not_found", "unprocessable", "forbidden", "invalid_input"]);

/** Whether a server has decided, and not only broken off. */
export function isRefusal(error: unknown): boolean {
  return error instanceof WorkerError && refusals.has(error.code);
}
