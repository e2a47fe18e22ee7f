/** Makes the time limits of one attempt from its task and the settings. */
import { TimeLimits } from "../attempt-protocol/time-limits.ts";
import type { TimeLimit } from "../attempt-protocol/time-limits.ts";
import type { Attempt, Task } from "../domain/task/task.ts";
import { bootClockMs } from "../processes/boot-clock.ts";
import type { AttemptContext } from "./attempt-context.ts";

export function attemptLimits(context: AttemptContext, task: Task, attempt: Attempt, onOver: (limit: TimeLimit) => void): TimeLimits {
  return new TimeLimits({
    // By the boot clock where it is known, so that setting the system clock cannot end an attempt.
    startedAt: attempt.startedUp ?? attempt.startedAt,
    waitedMs: waitedMs(context, task, attempt),
    timeoutMs: task.timeoutMs,
    stallTimeoutMs: task.stallTimeoutMs ?? context.stallTimeoutMs,
    now: attempt.startedUp === null ? context.now : bootClockMs,
    onOver,
  });
}

/** How long the attempt has waited for answers so far: a new server does not know it otherwise. */
function waitedMs({ store, now }: AttemptContext, task: Task, attempt: Attempt): number {
  const isWaiting = task.status === "waiting";
  let [waited, until] = [0, attempt.startedAt];
  for (const { attemptId, askedAt, answeredAt, appliedAt, status } of store.questions.ofTask(task.id)) {
    if (attemptId !== attempt.id || status === "superseded") continue;
    // An answered one still waits, too, until the task has a slot again.
    const end = isWaiting && appliedAt === null ? now() : (answeredAt ?? askedAt);
    waited += Math.max(0, end - Math.max(askedAt, until));
    until = Math.max(until, end);
  }
  return waited;
}
