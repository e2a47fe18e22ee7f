/**
 * Waits for conditions, never for time. A test continues as soon as its condition holds; otherwise
 * the error names the condition.
 */
import { setTimeout as delay } from "node:timers/promises";

/** Far beyond what a loaded machine needs: it only ends a test whose condition never comes. */
const defaultLimitMs = 300_000;

/**
 * Looks every 20 ms until `look` gives something (not null, undefined or false). @throws after
 * `limitMs` with what was waited for.
 */
export async function until<T>(
  what: string,
  look: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  limitMs = defaultLimitMs,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await delay(20);
  }
}
