/** How an attempt ended, decided in one place from everything that is known. The process's exit code alone says nothing. */
import type { ModelUsage, StopReason } from "./task.ts";

export const outcomeKinds = [
  "succeeded",
  "agent_failed",
  "budget_exhausted",
  "verification_failed",
  "rate_limited",
  "overloaded",
  "auth_failed",
  "unavailable",
  "crashed",
  "lost",
  "timed_out",
  "cancelled",
  "interrupted",
] as const;
export type OutcomeKind = (typeof outcomeKinds)[number];

/** What the last `result` message of Claude Code said. */
export interface ResultFacts {
  readonly subtype: string;
  readonly isError: boolean;
  /** The result's text; for errors the joined `errors`. */
  readonly text: string;
  readonly terminalReason: string | null;
  readonly apiErrorStatus: number | null;
  readonly turns: number;
  readonly durationMs: number;
  /** null: unknown, for a result that was recovered from the session. */
  readonly costUsd: number | null;
  readonly usage: Readonly<Record<string, ModelUsage>>;
  readonly permissionDenials: number;
}

/** What a rejected usage limit said. `resetsAt` is UTC milliseconds. */
export interface LimitFacts {
  readonly type: string;
  readonly resetsAt: number | null;
}

/** Everything that is known of an attempt's end. */
export interface AttemptFacts {
  readonly result: ResultFacts | null;
  readonly limit: LimitFacts | null;
  /** Claude Code's own word for a failed API call (`authentication_failed`, `billing_error`, `overloaded`, …). */
  readonly apiError: string | null;
  /** What it said of it, for people. */
  readonly apiErrorText: string | null;
  /** What the SDK threw, or null. */
  readonly thrown: string | null;
  readonly stopRequested: StopReason | null;
  /** Whether the runner wrote its closing record. False: it died. */
  readonly ended: boolean;
  /** Whether the machine started anew since the attempt began. */
  readonly rebooted: boolean;
  /** Whether the runner wrote anything at all. False: it was never started, or died at once. */
  readonly begun: boolean;
  /** Why it did not begin, where that is known. */
  readonly startFault: string | null;
}

export interface Outcome {
  readonly kind: OutcomeKind;
  readonly message: string;
  readonly apiStatus?: number;
  /** `rate_limited`: when the limit resets (UTC ms), where known. */
  readonly resetsAt?: number;
  /** `rate_limited`: which limit, e.g. `five_hour`. */
  readonly limit?: string;
}
