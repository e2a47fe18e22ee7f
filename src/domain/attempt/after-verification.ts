/** Decides what follows when the verification of a finished turn did not pass. */
import { failed, fruitless, unchanged } from "./consequence.ts";
import type { Consequence, Counted, EndedAttempt } from "./consequence.ts";
import type { Outcome } from "./outcome.ts";
import { restartInNewSession } from "./restart.ts";
import { endsWithBest, loopEnd } from "../verification/loop.ts";

/** Whether the work is not done, as its verification says. Claude hears of it. */
export function isFailedVerification({ kind }: Pick<Outcome, "kind">): boolean {
  return kind === "verification_failed" || kind === "protected_files_changed";
}

/**
 * How often the verification of a task has failed in a row, this attempt included. That a loop is
 * not at its end is not a failure.
 */
export function failuresAfter({ outcome, task, loop }: EndedAttempt): number {
  if (loop?.hasIteration === true && loop.iterations.at(-1)?.state !== "failed") return 0;
  return task.verifyFailures + Number(isFailedVerification(outcome));
}

/** Completes the task, unless it is a loop that continues for a better score. */
export function afterPassed({ loop = null }: EndedAttempt): Consequence {
  if (loop === null || loop.goal === null || loop.hasUntil || loopEnd(loop) !== null) return { ...unchanged, operation: "complete" };
  return { ...unchanged, operation: "requeue", resumable: loop.context !== "fresh" };
}

/** Continues in the session, where Claude gets the output, until the task's tries are used up. */
export function afterFailedVerification(ended: EndedAttempt): Consequence {
  const { outcome, task, loop = null } = ended;
  const failures = failuresAfter(ended);
  const end = loop === null ? null : loopEnd(loop);
  if (end === null && failures < task.verifyTries) return { ...unchanged, operation: "requeue", resumable: loop?.context !== "fresh" };
  if (loop !== null && endsWithBest(loop)) return { ...unchanged, operation: "complete" };
  if (end !== null) return failed(ended, withOutput(`${end} ${outcome.message}`, ended));
  if (task.retriesSpent < task.retries) return restartInNewSession(ended);
  return failed(
    ended,
    withOutput(failures === 1 ? outcome.message : `Given up after ${failures} failed verifications. ${outcome.message}`, ended),
  );
}

/**
 * Verifies again after a pause, without Claude: the finished turn is in the session. A verification
 * that kills its runner gets as many attempts as any other death.
 */
export function afterNoVerdict(ended: Counted): Consequence {
  const { outcome, policy, death, now } = ended;
  const poisonCount = fruitless(ended);
  const most = death.runnerLived ? policy.unavailableTries : policy.poisonLimit;
  if (poisonCount >= most) return { ...failed(ended, `${outcome.message} It was tried ${poisonCount} times.`), poisonCount };
  const begun = { ...unchanged, operation: "requeue", resumable: true, poisonCount } as const;
  // As after any death, the first one is resumed at once.
  const waits = death.runnerLived ? poisonCount : poisonCount - 1;
  return waits === 0 ? begun : { ...begun, notBefore: now + 1000 * 2 ** (waits - 1), notBeforeReason: "retry" };
}

function withOutput(message: string, { outcome: { output } }: EndedAttempt): string {
  return output === undefined ? message : `${message} The end of the output:\n${output}`;
}
