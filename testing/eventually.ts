/** Waits for a condition that nothing announces. */
import { setTimeout as delay } from "node:timers/promises";

/** Looks every few milliseconds until the condition holds. @throws Error after `withinMs`. */
export async function eventually(condition: () => boolean | Promise<boolean>, withinMs = 300_000): Promise<void> {
  const endsAt = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > endsAt) throw new Error(`still not so after ${withinMs} ms: ${condition.toString()}`);
    await delay(5);
  }
}
