/**
 * Finds when an attempt ended from its own records, not from the moment when a server read them.
 */
import type { Attempt } from "../task/task.ts";

/**
 * When the attempt ended (UTC ms). The boot clock measures the time between the claim and the last
 * record, so a system clock that was set cannot change the duration.
 * @param seenUp when this server saw the runner end, by the boot clock; null: it had ended before
 * the server started.
 * @param now the result for an attempt whose records lack such times (an older runner).
 */
export function endOf(
  { startedAt, startedUp, lastUp, lastRecord }: Pick<Attempt, "startedAt" | "startedUp" | "lastUp" | "lastRecord">,
  { seenUp, now }: { readonly seenUp: number | null; readonly now: number },
): number {
  const up = Math.max(lastUp ?? -1, seenUp ?? -1);
  if (startedUp !== null && up >= startedUp) return startedAt + (up - startedUp);
  // It never sent a record, and the server did not see its end: the claim is all that is known.
  if (startedUp !== null && lastRecord === 0) return startedAt;
  return Math.max(startedAt, now);
}
