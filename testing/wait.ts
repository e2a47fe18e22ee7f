/**
 * Waits for conditions, never for time. A test continues as soon as its condition holds; otherwise
 * the error names the condition.
 */
import { setTimeout as delay } from "node:timers/promises";

/**
 * Far beyond what a loaded machine needs: it only ends a test whose condition never comes. The
 * mutation run sets less, because many of its tests wait in vain.
 */
const defaultLimitMs = Number(process.env["TEST_WAIT_MS"] ?? 300_000);
const firstPauseMs = 10;
/** A long wait looks less often: each look may ask a server, and tests share two cores. */
const longestPauseMs = 100;

type Look<T> = () => T | null | undefined | false | Promise<T | null | undefined | false>;

/**
 * Looks again and again until `look` gives something (not null, undefined or false).
 * @param what the condition, for the error.
 * @throws after `limitMs` with what was waited for.
 */
export async function until<T>(what: string | (() => string), look: Look<T>, limitMs = defaultLimitMs): Promise<T> {
  const found = await within(limitMs, look);
  if (found === null) throw new Error(`waited ${limitMs} ms in vain for ${typeof what === "string" ? what : what()}`);
  return found;
}

/** As `until`. @returns null where nothing came within the limit. */
export async function within<T>(limitMs: number, look: Look<T>): Promise<T | null> {
  const deadline = performance.now() + limitMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.2, longestPauseMs)) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (performance.now() > deadline) return null;
    await delay(pauseMs); // The pause between two looks.
  }
}
