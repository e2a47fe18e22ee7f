/**
 * Handles a server that does not answer for a while: says which errors pass by themselves, and
 * repeats a request until the server answers.
 */
import { setTimeout as delay } from "node:timers/promises";
import { WorkerError } from "../domain/errors.ts";

/**
 * How long a server may be away before a waiting client gives up, unless the caller says otherwise.
 */
export const defaultOutageMs = 60_000;

const firstPauseMs = 50;
const longestPauseMs = 2000;

export interface OutageOptions {
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
  /** How long to ask again before giving up. */
  readonly reconnectForMs?: number | undefined;
  /** Called once when the first try fails. */
  readonly onOutage?: ((reason: string) => void) | undefined;
}

/**
 * Repeats a request that changes nothing until the server answers. @returns null when the signal
 * aborted.
 * @throws WorkerError what the server refuses; ServerUnreachable when no server has answered for
 * `reconnectForMs`.
 */
export async function untilAnswered<T>(ask: () => Promise<T>, options: OutageOptions = {}): Promise<T | null> {
  const { signal, reconnectForMs = defaultOutageMs, onOutage } = options;
  let lostAt: number | null = null;
  for (let tries = 0; !isAborted(signal); tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (isAborted(signal)) return null;
      if (!isPassing(error)) throw error;
      if (lostAt === null) onOutage?.(reasonOf(error));
      lostAt ??= performance.now();
      if (performance.now() - lostAt >= reconnectForMs) throw error;
    }
    await pauseAfter(tries, signal);
  }
  return null;
}

/**
 * Whether a repeated request may succeed: the server stops, starts, or broke off. A refusal is
 * final.
 */
export function isPassing(error: unknown): boolean {
  if (error instanceof WorkerError) return ["server_unreachable", "unavailable", "internal"].includes(error.code);
  return error instanceof Error && "code" in error && ["ECONNRESET", "ERR_STREAM_PREMATURE_CLOSE", "EPIPE"].includes(String(error.code));
}

/**
 * Waits 50 ms after the first try, twice as long after each further one, at most 2 s; until the
 * signal.
 */
export async function pauseAfter(tries: number, signal: AbortSignal | undefined): Promise<void> {
  const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** tries);
  // An abort ends the pause early; the caller checks the signal.
  await delay(pauseMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}

/** A function, because the compiler would keep an early value of `aborted`. */
export function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted ?? false;
}

/** Why no answer came, for people. */
export function reasonOf(error: unknown): string {
  return error instanceof WorkerError ? error.message : "The connection to the server was lost.";
}
