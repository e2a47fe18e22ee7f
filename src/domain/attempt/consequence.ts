/** Defines what an ended attempt is judged by, and what can follow from its outcome. */
import type { NewHold } from "../order/hold.ts";
import type { Probe } from "../order/probe.ts";
import type { Task, TaskError } from "../task/task.ts";
import type { Operation } from "../task/transitions.ts";
import { retryableKinds } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import type { Keeping, LoopState } from "../verification/loop.ts";
import type { RetryPolicy } from "./retry-policy.ts";
import type { Death } from "./setbacks.ts";

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
    | "verifyTries"
    | "verifyFailures"
    | "keeping"
    | "earlierEnd"
  >;
  /** What the tasks below it have spent of its budget, US dollars. Default: nothing. */
  readonly belowUsd?: number;
  /** How the task's loop stands now. Absent or null: it is not a loop. */
  readonly loop?: LoopState | null;
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
   * The system's clock, which a limit's reset refers to. When that clock is set back, `now` does
   * not go back.
   */
  readonly wall: number;
  /** Uniform in [0, 1): the jitter. */
  readonly random: () => number;
}

/**
 * What happens to the task. The store changes it by `operation`, in the transaction that also
 * closes the attempt and adds the hold.
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
  /** Failed verifications in a row since the task began, this one included. */
  readonly verifyFailures: number;
  /** How the task ends once the files of its loop's best iteration stand; null: not so. */
  readonly keeping: Keeping | null;
  readonly hold: NewHold | null;
  /** A probe to ask for: whether the refusal concerns the whole account. */
  readonly probe: Probe | null;
  /** The error that the task ends with; null when it completes or continues. */
  readonly error: TaskError | null;
}

/** `setbacks`: this one included. */
export type Counted = EndedAttempt & { readonly setbacks: number };

/** The values that most consequences share. */
export const unchanged = {
  notBefore: null,
  notBeforeReason: null,
  resumable: false,
  spendsRetry: false,
  poisonCount: 0,
  setbacks: 0,
  cutCall: null,
  refusals: 0,
  refusal: null,
  verifyFailures: 0,
  keeping: null,
  hold: null,
  probe: null,
  error: null,
} as const;

/**
 * Keeps the count of refusals: an interrupted attempt says nothing about the API. A finished step
 * resets the count.
 */
export function keptRefusals({ task, progressed }: EndedAttempt): Pick<Consequence, "refusals" | "refusal"> {
  return progressed ? { refusals: 0, refusal: null } : { refusals: task.refusals, refusal: task.refusal };
}

export function failed({ outcome }: EndedAttempt, message: string): Consequence {
  const status = outcome.apiStatus === undefined ? {} : { apiStatus: outcome.apiStatus };
  return { ...unchanged, operation: "fail", error: { code: outcome.kind, message, retryable: retryableKinds[outcome.kind], ...status } };
}

/** Counts the attempts in a row without progress, this one included. */
export function fruitless({ task, progressed }: EndedAttempt): number {
  return progressed ? 1 : task.poisonCount + 1;
}

/** Fails a task that makes progress, but whose attempts break off again and again. */
export function givenUp(ended: Counted, poisonCount: number): Consequence {
  const what = `${ended.setbacks} attempts in a row broke off, although they made progress: a step of the task may be the cause`;
  return { ...failed(ended, `Given up: ${what}. The last one: ${ended.outcome.message}`), poisonCount };
}
