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
    timeoutMs: task.timeoutMs,
    stallTimeoutMs: task.stallTimeoutMs ?? context.stallTimeoutMs,
    now: attempt.startedUp === null ? context.now : bootClockMs,
    onOver,
  });
}
