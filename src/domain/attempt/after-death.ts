/** Decides what follows when an attempt died or never began. */
import { failed, fruitless, givenUp, keptRefusals, unchanged } from "./consequence.ts";
import type { Consequence, Counted, EndedAttempt } from "./consequence.ts";

export function afterDeath(ended: Counted): Consequence {
  const { setbacks, policy, now } = ended;
  if (ended.unbegun > 0) return afterNoStart(ended);
  const poisonCount = fruitless(ended);
  if (setbacks >= policy.setbackLimit) return givenUp(ended, poisonCount);
  if (poisonCount < policy.poisonLimit)
    return {
      ...unchanged,
      ...keptRefusals(ended),
      ...pauseAfter(ended.outcome.kind === "lost" ? poisonCount : Math.max(poisonCount, setbacks), now),
      operation: "requeue",
      resumable: true,
      poisonCount,
    };
  const message = `Given up: ${poisonCount} attempts in a row died without a new step. The last one: ${ended.outcome.message}`;
  return { ...failed(ended, message), poisonCount };
}

/**
 * Tries the task again until an attempt begins. The task cannot have caused the problem (a full
 * process table, a removed program, a directory without rights).
 */
function afterNoStart(ended: EndedAttempt): Consequence {
  const { task, unbegun, policy, now } = ended;
  const pause = pauseAfter(unbegun, now);
  const notBefore = pause.notBefore === null ? null : Math.min(pause.notBefore, now + policy.backoffCapMs);
  return {
    ...unchanged,
    ...keptRefusals(ended),
    ...pause,
    notBefore,
    operation: "requeue",
    resumable: true,
    poisonCount: task.poisonCount,
  };
}

/**
 * Resumes at once after the first death. Further deaths in a row may have a cause that passes (no
 * memory, no processes), so the task waits 1, 2, 4 s.
 */
function pauseAfter(poisonCount: number, now: number): Pick<Consequence, "notBefore" | "notBeforeReason"> {
  if (poisonCount < 2) return { notBefore: null, notBeforeReason: null };
  return { notBefore: now + 1000 * 2 ** (poisonCount - 2), notBeforeReason: "retry" };
}
