/**
 * Everything that follows from an outcome, in one pure function: what happens to the task, when it
 * may start again, and whom it holds up.
 */
import type { NewHold } from "../order/hold.ts";
import { retryableKinds } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { probeFor, refusalHold } from "../order/probe.ts";
import type { Probe } from "../order/probe.ts";
import { isUnreachable, limitScopeOf, refusalOf } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";
import { accountScope, modelsOf } from "../order/scope.ts";
import { setbacksAfter } from "./setbacks.ts";
import type { Death } from "./setbacks.ts";
import type { Task, TaskError } from "../task/task.ts";
import type { Operation } from "../task/transitions.ts";

export interface RetryPolicy {
  /** Attempts in a row that died without progress, after which a task counts as poisonous. */
  readonly poisonLimit: number;
  /**
   * Setbacks in a row (setbacks.ts), with which a task fails whatever progress it made between
   * them.
   */
  readonly setbackLimit: number;
  /** Further tries after an overloaded API, as long as none makes progress. */
  readonly overloadedTries: number;
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** Refusals in a row, all alike, with which a task fails while the account works for others. */
  readonly refusalTries: number;
  /** First wait after a refusal; it doubles up to `backoffCapMs`. */
  readonly refusalBackoffMs: number;
  /** How long nothing starts after an attempt that met a full disk. */
  readonly storageWaitMs: number;
  /**
   * Most that is added to a usage limit's reset, so that not everybody starts at the same moment.
   */
  readonly limitJitterMs: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  poisonLimit: 5,
  setbackLimit: 10,
  overloadedTries: 5,
  backoffBaseMs: 10_000,
  backoffCapMs: 300_000,
  refusalTries: 5,
  refusalBackoffMs: 15_000,
  storageWaitMs: 60_000,
  limitJitterMs: 30_000,
};

export interface EndedAttempt {
  readonly outcome: Outcome;
  readonly task: Pick<
    Task,
    | "cancelRequestedAt"
    | "poisonCount"
    | "setbacks"
    | "cutCall"
    | "retriesSpent"
    | "retries"
    | "refusals"
    | "refusal"
    | "model"
    | "maxBudgetUsd"
    | "costUsd"
  >;
  /** Whether the attempt left at least one finished step behind (`madeProgress` of its events). */
  readonly progressed: boolean;
  /** How long it ran. */
  readonly ranMs: number;
  /** How it died, if it died. */
  readonly death: Death;
  /** How many attempts in a row, this one included, never began; 0: this one did. */
  readonly unbegun: number;
  /** Fingerprint of the account that the attempt ran with. */
  readonly account: string;
  /**
   * Whether another task was refused in the same way a short time ago, and no request of the
   * account has succeeded since.
   */
  wasRefusedElsewhere(refusal: string): boolean;
  /** Whether a hold of this kind and scope is in force. */
  isHeld(hold: Pick<NewHold, "kind" | "scope">): boolean;
  /** Whether no other task runs or could start now: then no second request will come by itself. */
  readonly alone: boolean;
  readonly policy: RetryPolicy;
  readonly now: number;
  /**
   * What the system's clock says: the one that a limit's reset is told by. `now` does not go back
   * with it when it is set.
   */
  readonly wall: number;
  /** Uniform in [0, 1): the jitter. */
  readonly random: () => number;
}

/**
 * What becomes of the task. The store changes it by `operation`, in the same transaction that
 * closes the attempt and puts the hold.
 */
export interface Consequence {
  readonly operation: Extract<Operation, "complete" | "fail" | "cancel" | "requeue">;
  /**
   * Not to be started before this moment (UTC ms); null: at once. Always null unless the operation
   * is `requeue`.
   */
  readonly notBefore: number | null;
  readonly notBeforeReason: "retry" | "refused" | null;
  /** Whether the next attempt resumes the session; false: it starts a new one. */
  readonly resumable: boolean;
  /** Whether this outcome used up one of the task's `retries`. */
  readonly spendsRetry: boolean;
  readonly poisonCount: number;
  readonly setbacks: number;
  readonly cutCall: string | null;
  /** Refusals in a row, this one included, and which (`Refusal.name`). */
  readonly refusals: number;
  readonly refusal: string | null;
  readonly hold: NewHold | null;
  /** A probe to ask for: whether the refusal concerns the whole account. */
  readonly probe: Probe | null;
  /** What the task ends with; null when it completes or goes on. */
  readonly error: TaskError | null;
}

/**
 * What follows from an outcome. A cancel that was requested wins over everything, also over a
 * success: who asked for it was told so.
 */
export function afterOutcome(ended: EndedAttempt): Consequence {
  const counted = setbacksAfter(ended);
  const begun = afterAttempt({ ...ended, ...counted });
  const goesOn = begun.operation === "requeue" && !begun.spendsRetry;
  const after = goesOn || begun.operation === "fail" ? { ...begun, ...counted } : begun;
  const { maxBudgetUsd, costUsd } = ended.task;
  if (after.operation !== "requeue" || maxBudgetUsd === null || (costUsd ?? 0) < maxBudgetUsd) return after;
  const message = `${budgetSpent(ended, maxBudgetUsd)} The last attempt: ${ended.outcome.message}`;
  return { ...unchanged, operation: "fail", error: { code: "budget_exhausted", message }, hold: after.hold, probe: after.probe };
}

/** The whole task's money. Claude Code knows that of its session, and what was left for it. */
function budgetSpent({ task }: EndedAttempt, maxBudgetUsd: number): string {
  const spent = `$${(task.costUsd ?? 0).toFixed(4)} of $${maxBudgetUsd.toFixed(4)} over all attempts`;
  return `The task's budget is spent: ${spent}. Retry it with a larger one (--max-budget-usd).`;
}

/** `setbacks`: this one included. */
type Counted = EndedAttempt & { readonly setbacks: number };

function afterAttempt(ended: Counted): Consequence {
  const { outcome, task } = ended;
  if (task.cancelRequestedAt !== null || outcome.kind === "cancelled") return cancelled(ended);
  switch (outcome.kind) {
    case "succeeded":
      return { ...unchanged, operation: "complete" };
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
      return outcome.startupFailure === undefined ? untilFixed(ended) : afterRefusal(ended, refusalOf(outcome, ended.account, ended.wall));
    case "interrupted":
      return {
        ...unchanged,
        ...keptRefusals(ended),
        operation: "requeue",
        resumable: true,
        poisonCount: ended.progressed ? 0 : task.poisonCount,
      };
    case "agent_failed":
    case "timed_out":
      return task.retriesSpent < task.retries ? restartInNewSession(ended) : failed(ended, outcome.message);
    case "budget_exhausted":
      return failed(ended, task.maxBudgetUsd === null ? outcome.message : budgetSpent(ended, task.maxBudgetUsd));
    case "no_work":
    case "environment_failed":
    case "broken_settings":
    case "hook_timed_out":
      return failed(ended, outcome.message);
    case "storage_full":
      return afterFullDisk(ended);
    default:
      return failed(ended, `Ended with an unknown outcome: ${String(outcome.kind satisfies never)}.`);
  }
}

/**
 * The error with the command that runs the task again, where that helps: one sentence for every
 * kind of end that is not the task's fault.
 */
export function withNextStep(error: TaskError, { id, sessionId }: Pick<Task, "id" | "sessionId">): TaskError {
  if (error.retryable !== true) return error;
  const command = `claude-worker retry ${id}${sessionId === null ? "" : " --resume"}`;
  return { ...error, message: `${error.message} When the cause is gone: ${command}` };
}

const unchanged = {
  notBefore: null,
  notBeforeReason: null,
  resumable: false,
  spendsRetry: false,
  poisonCount: 0,
  setbacks: 0,
  cutCall: null,
  refusals: 0,
  refusal: null,
  hold: null,
  probe: null,
  error: null,
} as const;

/**
 * An attempt that was cut says nothing of the API: refusals before and after it are in a row,
 * unless it made a step.
 */
function keptRefusals({ task, progressed }: EndedAttempt): Pick<Consequence, "refusals" | "refusal"> {
  return progressed ? { refusals: 0, refusal: null } : { refusals: task.refusals, refusal: task.refusal };
}

function cancelled({ outcome }: EndedAttempt): Consequence {
  const message = outcome.kind === "succeeded" ? "Cancelled on request, when Claude had just finished." : "Cancelled on request.";
  return { ...unchanged, operation: "cancel", error: { code: "cancelled", message, retryable: false } };
}

function failed({ outcome }: EndedAttempt, message: string): Consequence {
  const status = outcome.apiStatus === undefined ? {} : { apiStatus: outcome.apiStatus };
  return { ...unchanged, operation: "fail", error: { code: outcome.kind, message, retryable: retryableKinds[outcome.kind], ...status } };
}

function afterDeath(ended: Counted): Consequence {
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

/** It makes progress, but each attempt costs more than it brings. */
function givenUp(ended: Counted, poisonCount: number): Consequence {
  const what = `${ended.setbacks} attempts in a row broke off, although they made progress: a step of the task may be the cause`;
  return { ...failed(ended, `Given up: ${what}. The last one: ${ended.outcome.message}`), poisonCount };
}

/**
 * The task cannot have caused that (a full process table, a removed program, a directory without
 * rights): it is tried again until it works.
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
 * The first death is resumed at once. A row of them has a cause that may pass (no memory, no
 * processes): it gets 1, 2, 4 s to.
 */
function pauseAfter(poisonCount: number, now: number): Pick<Consequence, "notBefore" | "notBeforeReason"> {
  if (poisonCount < 2) return { notBefore: null, notBeforeReason: null };
  return { notBefore: now + 1000 * 2 ** (poisonCount - 2), notBeforeReason: "retry" };
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

/** This and the attempts before it that came to nothing, in a row. */
function fruitless({ task, progressed }: EndedAttempt): number {
  return progressed ? 1 : task.poisonCount + 1;
}

function afterLimit(ended: EndedAttempt): Consequence {
  const { outcome, account, task, wall, progressed } = ended;
  const scope = limitScopeOf(outcome, account, task.model, wall);
  if (scope === null) return afterRefusal(ended, refusalOf(outcome, account, wall));
  const models = modelsOf(scope);
  const others = models === null ? "" : ` Tasks of another model (--model) start.`;
  const hold: NewHold = { kind: "rate_limited", scope, message: `${outcome.message}${others}`, until: limitLiftsAt(ended) };
  const poisonCount = progressed ? 0 : task.poisonCount;
  // The hold alone keeps the task waiting: a person who lifts it (`resume`) starts the task too.
  return { ...unchanged, operation: "requeue", resumable: true, poisonCount, hold };
}

const hourMs = 3_600_000;

/**
 * No limit of Claude's is longer than a week, so a clock that is wrong cannot hold the queue for
 * longer.
 */
function limitLiftsAt({ outcome, policy, now, wall, random }: EndedAttempt): number {
  const longestMs = outcome.limit === "five_hour" ? 5 * hourMs : 7 * 24 * hourMs;
  const waitMs = Math.min((outcome.resetsAt ?? wall) - wall, longestMs);
  return now + Math.ceil(waitMs + random() * Math.min(policy.limitJitterMs, waitMs / 10));
}

/**
 * A refusal that may concern this request only: the task steps back behind the others. It holds
 * them as well once a second request has met the same. When the sign-in is refused, the API is not
 * reachable, Claude Code refuses to start, or no second request will come by itself, a probe is the
 * second one.
 */
function afterRefusal(ended: EndedAttempt, refusal: Refusal | null): Consequence {
  const { outcome, task, progressed, account, policy, now, random, alone } = ended;
  if (refusal === null) return failed(ended, outcome.message);
  const poisonCount = progressed ? 0 : task.poisonCount;
  const refusals = task.refusal === refusal.name && !progressed ? task.refusals + 1 : 1;
  const counted = { poisonCount, refusals, refusal: refusal.name };
  const seconded = refusal.secondedByTasks && ended.wasRefusedElsewhere(refusal.name);
  const probe = probeFor(refusal, { account, model: task.model, message: outcome.message, at: now });
  const isUnreached = refusal.kind === "unreachable";
  const tries = isUnreached ? policy.overloadedTries + 1 : policy.refusalTries;
  // An outage is not the task's: it waits for the network as long as that takes.
  const isOutage = isUnreached && (seconded || ended.isHeld(probe));
  if (refusals >= tries && !isOutage) {
    const row = isUnreached ? "tries" : "refusals in a row";
    return { ...failed(ended, `Given up after ${refusals} ${row}. ${outcome.message}`), ...counted };
  }
  const ceilingMs = Math.min(policy.backoffCapMs, policy.refusalBackoffMs * 2 ** (refusals - 1));
  return {
    ...unchanged,
    ...counted,
    operation: "requeue",
    resumable: true,
    notBefore: now + Math.round(ceilingMs * (0.5 + random() / 2)),
    notBeforeReason: "refused",
    hold: seconded ? refusalHold(probe) : null,
    probe: seconded || refusal.probedAtOnce || alone ? probe : null,
  };
}

/**
 * What no task can help: it waits, with everything else, until a person has fixed it. Spends no
 * retry.
 */
function untilFixed({ outcome, account, task, progressed }: EndedAttempt): Consequence {
  const message = `${outcome.message} Fix it (claude-worker doctor says how), then: claude-worker resume`;
  const hold: NewHold = { kind: "unavailable", scope: accountScope(account), message, until: null };
  return { ...unchanged, operation: "requeue", resumable: true, poisonCount: progressed ? 0 : task.poisonCount, hold };
}

/**
 * A full disk concerns every task: nothing starts for a while, and the task then continues. It
 * gives up after as many tries as for an overloaded API.
 */
function afterFullDisk(ended: Counted): Consequence {
  const { policy, now, outcome } = ended;
  const poisonCount = fruitless(ended);
  if (poisonCount > policy.overloadedTries) {
    return { ...failed(ended, `Given up after ${poisonCount} tries. ${outcome.message}`), poisonCount };
  }
  if (ended.setbacks >= policy.setbackLimit) return givenUp(ended, poisonCount);
  const message = `${outcome.message} Free some space; it is tried again by itself.`;
  const hold: NewHold = { kind: "storage", scope: "all", message, until: now + policy.storageWaitMs };
  return { ...unchanged, operation: "requeue", resumable: true, poisonCount, hold };
}

/**
 * Requeues the task for a retry that it asked for. The old session ended, so a resume would have
 * nothing to continue.
 */
function restartInNewSession({ policy, now, random, task }: EndedAttempt): Consequence {
  const ceilingMs = Math.min(policy.backoffCapMs, policy.backoffBaseMs * 2 ** task.retriesSpent);
  const notBefore = now + Math.round(random() * ceilingMs);
  return { ...unchanged, operation: "requeue", notBefore, notBeforeReason: "retry", spendsRetry: true };
}
