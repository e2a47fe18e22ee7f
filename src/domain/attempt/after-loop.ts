/**
 * Lets the files of a loop's best iteration stand at its end: the end waits for one more attempt,
 * without Claude, which puts them back.
 */
import { bestIteration } from "../verification/loop.ts";
import type { Keeping } from "../verification/loop.ts";
import { unchanged } from "./consequence.ts";
import type { Consequence, EndedAttempt } from "./consequence.ts";

/** @param after what follows from the attempt without a loop's best iteration. */
export function withBest({ loop = null, task }: EndedAttempt, after: Consequence): Consequence {
  const best = loop === null ? null : bestIteration(loop);
  if (loop === null || best === null || task.cancelRequestedAt !== null) return after;
  const { operation, error, hold, probe } = after;
  if (operation !== "complete" && operation !== "fail") return after;
  // Nothing came after it.
  if (loop.hasIteration && loop.iterations.at(-1) === best) return after;
  return { ...unchanged, operation: "requeue", resumable: true, keeping: { iteration: best.number, operation, error }, hold, probe };
}

/**
 * Ends the loop once its best iteration stands, or cannot. After a death it is tried again: putting
 * files back can be repeated.
 * @param after what would follow from the attempt if it were one of work.
 */
export function afterKeeping({ outcome, task }: EndedAttempt, keeping: Keeping, after: Consequence): Consequence {
  if (after.operation === "cancel" || task.cancelRequestedAt !== null) return after;
  if (after.operation === "requeue" && outcome.kind !== "succeeded") return { ...after, resumable: true, spendsRetry: false, keeping };
  return { ...unchanged, operation: keeping.operation, error: keeping.error };
}
