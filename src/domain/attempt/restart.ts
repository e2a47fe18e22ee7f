/** Begins a task again by itself. */
import { unchanged } from "./consequence.ts";
import type { Consequence, EndedAttempt } from "./consequence.ts";

/**
 * Requeues the task for a retry that it asked for. The old session has ended, so there is nothing
 * to resume.
 */
export function restartInNewSession({ policy, now, random, task }: EndedAttempt): Consequence {
  const ceilingMs = Math.min(policy.backoffCapMs, policy.backoffBaseMs * 2 ** task.retriesSpent);
  const notBefore = now + Math.round(random() * ceilingMs);
  return { ...unchanged, operation: "requeue", notBefore, notBeforeReason: "retry", spendsRetry: true };
}
