/** When an attempt ended: by its own records, not by the server that finds them. */
import type { Attempt } from "../task/task.ts";

/**
 * UTC ms. The time between the claim and the last record is told by the boot clock, so no clock
 * that is set stretches or turns it.
 * @param seenUp when this server saw the runner go, by the boot clock; null: it was gone when the
 * server came.
 * @param now for an attempt whose records bear no such times (an older runner's).
 */
export function endOf(
  { startedAt, startedUp, lastUp, lastRecord }: Pick<Attempt, "startedAt" | "startedUp" | "lastUp" | "lastRecord">,
  { seenUp, now }: { readonly seenUp: number | null; readonly now: number },
): number {
  const up = Math.max(lastUp ?? -1, seenUp ?? -1);
  if (startedUp !== null && up >= startedUp) return startedAt + (up - startedUp);
  // It never sent a record, and its end was not seen: nothing is known of it after its claim.
  if (startedUp !== null && lastRecord === 0) return startedAt;
  return Math.max(startedAt, now);
}
