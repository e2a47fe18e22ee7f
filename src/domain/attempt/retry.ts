/**
 * Decides everything that follows from an outcome, in one pure function: what happens to the task,
 * when it may start again, and which tasks it holds.
 */
import type { NewHold } from "../order/hold.ts";
import type { Task, TaskError } from "../task/task.ts";
import { afterDeath } from "./after-death.ts";
import { afterLimit, afterRefusal, untilFound } from "./after-refusal.ts";
import { failed, fruitless, givenUp, keptRefusals, unchanged } from "./consequence.ts";
import type { Consequence, Counted, EndedAttempt } from "./consequence.ts";
import { afterKeeping, withBest } from "./after-loop.ts";
import { isUnreachable, refusalOf } from "./refusal.ts";
import { afterFailedVerification, afterNoVerdict, afterPassed, failuresAfter } from "./after-verification.ts";
import { endsWithBest } from "../verification/loop.ts";
import { restartInNewSession } from "./restart.ts";
import { setbacksAfter } from "./setbacks.ts";

/**
 * Decides what follows from an outcome. A requested cancel wins over everything, also over a
 * success: its caller was promised the cancel.
 */
export function afterOutcome(ended: EndedAttempt): Consequence {
  const { keeping } = ended.task;
  if (keeping !== null) return afterKeeping(ended, keeping, afterAttempt({ ...ended, ...setbacksAfter(ended) }));
  return withBest(ended, afterWork(ended));
}

function afterWork(ended: EndedAttempt): Consequence {
  const counted = setbacksAfter(ended);
  const begun = afterAttempt({ ...ended, ...counted });
  const continues = begun.operation === "requeue" && !begun.spendsRetry;
  const verifyFailures = continues ? failuresAfter(ended) : 0;
  const after = { ...begun, verifyFailures, ...(continues || begun.operation === "fail" ? counted : {}) };
  const { maxBudgetUsd, costUsd } = ended.task;
  if (after.operation !== "requeue" || maxBudgetUsd === null || (costUsd ?? 0) + (ended.belowUsd ?? 0) < maxBudgetUsd) return after;
  if (ended.loop?.hasIteration === true && endsWithBest(ended.loop)) return { ...unchanged, operation: "complete" };
  const message = `${budgetSpent(ended, maxBudgetUsd)} The last attempt: ${ended.outcome.message}`;
  return { ...unchanged, operation: "fail", error: { code: "budget_exhausted", message }, hold: after.hold, probe: after.probe };
}

/**
 * Says how much the whole task has spent. Claude Code knows only its session and the rest of the
 * budget.
 */
function budgetSpent({ task, belowUsd = 0 }: EndedAttempt, maxBudgetUsd: number): string {
  const below = belowUsd === 0 ? "" : ` and the tasks below it ($${belowUsd.toFixed(4)})`;
  const spent = `$${((task.costUsd ?? 0) + belowUsd).toFixed(4)} of $${maxBudgetUsd.toFixed(4)} over all attempts${below}`;
  return `The task's budget is spent: ${spent}. Retry it with a larger one (--max-budget-usd).`;
}

function afterAttempt(ended: Counted): Consequence {
  const { outcome, task } = ended;
  if (task.cancelRequestedAt !== null || outcome.kind === "cancelled") return cancelled(ended);
  switch (outcome.kind) {
    case "succeeded":
      return afterPassed(ended);
    case "crashed":
    case "lost":
      return afterDeath(ended);
    case "overloaded":
      if (isUnreachable(outcome)) return afterRefusal(ended, refusalOf(outcome, ended.account, ended.wall));
      return afterOverload(ended);
    case "rate_limited":
      return afterLimit(ended);
    case "auth_failed":
      return afterRefusal(ended, refusalOf(outcome, ended.account, ended.wall));
    case "unavailable":
      return outcome.startupFailure === undefined ? untilFound(ended) : afterRefusal(ended, refusalOf(outcome, ended.account, ended.wall));
    case "unchanged":
      return asBefore(ended);
    case "parked":
      return { ...unchanged, ...keptRefusals(ended), operation: "requeue", resumable: true };
    case "interrupted":
      return {
        ...unchanged,
        ...keptRefusals(ended),
        operation: "requeue",
        resumable: true,
        poisonCount: ended.progressed ? 0 : task.poisonCount,
      };
    case "verification_failed":
    case "protected_files_changed":
      return afterFailedVerification(ended);
    case "verify_unavailable":
      return afterNoVerdict(ended);
    case "agent_failed":
    case "timed_out":
      return task.retriesSpent < task.retries ? restartInNewSession(ended) : failed(ended, outcome.message);
    case "budget_exhausted":
      return failed(ended, task.maxBudgetUsd === null ? outcome.message : budgetSpent(ended, task.maxBudgetUsd));
    case "no_work":
    case "environment_failed":
    case "broken_settings":
    case "workspace_lost":
    case "setup_failed":
    case "hook_timed_out":
    case "unanswered":
      return failed(ended, outcome.message);
    case "storage_full":
      return afterFullDisk(ended);
    default:
      return failed(ended, `Ended with an unknown outcome: ${String(outcome.kind satisfies never)}.`);
  }
}

/**
 * Adds the command that runs the task again, where that helps: one sentence for every kind of end
 * that the task did not cause.
 */
export function withNextStep(error: TaskError, { id, sessionId }: Pick<Task, "id" | "sessionId">): TaskError {
  if (error.retryable !== true) return error;
  const command = `claude-worker retry ${id}${sessionId === null ? "" : " --resume"}`;
  return { ...error, message: `${error.message} When the cause is gone: ${command}` };
}

function cancelled({ outcome }: EndedAttempt): Consequence {
  const message = outcome.kind === "succeeded" ? "Cancelled on request, when Claude had just finished." : "Cancelled on request.";
  return { ...unchanged, operation: "cancel", error: { code: "cancelled", message, retryable: false } };
}

/** A task that messages without work have continued ends as it had ended before. */
function asBefore(ended: Counted): Consequence {
  const { earlierEnd } = ended.task;
  if (earlierEnd === null) return failed(ended, ended.outcome.message);
  const operations = { completed: "complete", failed: "fail", cancelled: "cancel" } as const;
  return { ...unchanged, operation: operations[earlierEnd.status], error: earlierEnd.error };
}

function afterOverload(ended: Counted): Consequence {
  const { policy, now, random, outcome, setbacks } = ended;
  const poisonCount = fruitless(ended);
  if (poisonCount > policy.overloadedTries) {
    return { ...failed(ended, `Given up after ${poisonCount} tries. ${outcome.message}`), poisonCount };
  }
  if (setbacks >= policy.setbackLimit) return givenUp(ended, poisonCount);
  const ceilingMs = Math.min(policy.backoffCapMs, policy.backoffBaseMs * 2 ** Math.max(0, poisonCount - 1, setbacks - 1));
  const notBefore = now + Math.round(random() * ceilingMs);
  return { ...unchanged, operation: "requeue", notBefore, notBeforeReason: "retry", resumable: true, poisonCount };
}

/**
 * A full disk concerns every task: nothing starts for a while, and the task then continues. The
 * task fails after as many tries as for an overloaded API.
 */
function afterFullDisk(ended: Counted): Consequence {
  const { policy, now, outcome } = ended;
  const poisonCount = fruitless(ended);
  if (poisonCount > policy.overloadedTries) {
    return { ...failed(ended, `Given up after ${poisonCount} tries. ${outcome.message}`), poisonCount };
  }
  if (ended.setbacks >= policy.setbackLimit) return givenUp(ended, poisonCount);
  const message = `${outcome.message.replace(/ Free some space\.$/, "")} Free some space; it is tried again by itself.`;
  const hold: NewHold = { kind: "storage", scope: "all", message, until: now + policy.storageWaitMs };
  return { ...unchanged, operation: "requeue", resumable: true, poisonCount, hold };
}
