/** Waits for a condition that nothing announces. */
import { until } from "./wait.ts";

/** Looks every few milliseconds until the condition holds. @throws Error after `withinMs`. */
export async function eventually(condition: () => boolean | Promise<boolean>, withinMs?: number): Promise<void> {
  await until(condition.toString(), condition, withinMs);
}
