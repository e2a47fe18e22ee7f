/**
 * Defines outcomes: how an attempt ended. decide-outcome.ts decides it from all known facts,
 * because the process's exit code alone says nothing.
 */
import type { BackgroundTask } from "./background.ts";
import type { StopReason } from "./stop-reason.ts";
import type { ModelUsage } from "../task/model-usage.ts";
import type { Verdict } from "../verification/verify-result.ts";

export const outcomeKinds = [
  "succeeded",
  "agent_failed",
  "no_work",
  "unchanged",
  "budget_exhausted",
  "rate_limited",
  "overloaded",
  "auth_failed",
  "unavailable",
  "environment_failed",
  "storage_full",
  "broken_settings",
  "workspace_lost",
  "setup_failed",
  "hook_timed_out",
  "crashed",
  "lost",
  "timed_out",
  "cancelled",
  "interrupted",
  "parked",
  "unanswered",
  "verification_failed",
  "protected_files_changed",
  "verify_unavailable",
] as const;
export type OutcomeKind = (typeof outcomeKinds)[number];

/**
 * Whether a retry of the unchanged task can succeed after an end of this kind: the cause lies
 * outside of the task. Becomes `retryable` of the task's error.
 */
export const retryableKinds: Readonly<Record<OutcomeKind, boolean>> = {
  succeeded: false,
  agent_failed: false,
  no_work: false,
  unchanged: false,
  budget_exhausted: false,
  rate_limited: true,
  overloaded: true,
  auth_failed: true,
  unavailable: true,
  environment_failed: true,
  broken_settings: true,
  workspace_lost: true,
  setup_failed: true,
  hook_timed_out: true,
  storage_full: true,
  crashed: true,
  lost: true,
  timed_out: false,
  cancelled: false,
  interrupted: true,
  parked: true,
  unanswered: true,
  verification_failed: false,
  protected_files_changed: false,
  verify_unavailable: true,
};

/** What the last `result` message of Claude Code said. */
export interface ResultFacts {
  readonly subtype: string;
  readonly isError: boolean;
  /** The result's text; for errors the joined `errors`. */
  readonly text: string;
  /**
   * Why the turn ended (TerminalReason of the Agent SDK); null: Claude Code ran no turn, or did not
   * say.
   */
  readonly terminalReason: string | null;
  /** The model's own stop reason, e.g. `end_turn` or `tool_deferred`. */
  readonly stopReason: string | null;
  /** Why Claude Code refused to start (SDKStartupFailureReason of the Agent SDK). */
  readonly startupFailure: string | null;
  readonly apiErrorStatus: number | null;
  /** Why the answer does not fit the task's JSON Schema; null: it fits, or the task has none. */
  readonly answerProblem: string | null;
  /** Whether Claude Code answered a message itself: it says nothing of the task. */
  readonly isCommandAnswer: boolean;
  /** Whether the model was called at all. */
  readonly calledModel: boolean;
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
  /**
   * Claude Code's own word for a failed API call (`authentication_failed`, `billing_error`,
   * `overloaded`, …).
   */
  readonly apiError: string | null;
  /** Claude Code's text for that error, for people. */
  readonly apiErrorText: string | null;
  /** What the SDK threw, or null. */
  readonly thrown: string | null;
  /** Why lines of the session are lost (`ENOSPC`, `EDQUOT`); null: no lines are lost. */
  readonly sessionLost: string | null;
  /** What ran in the background when the attempt was last heard of. */
  readonly background: readonly BackgroundTask[];
  /** Whether some of it had ended without an answer of Claude yet. */
  readonly notified: boolean;
  /** Whether messages continue a task that had ended. */
  readonly continuesEnded: boolean;
  /** Whether Claude Code had taken a message whose turn had not ended. */
  readonly continues: boolean;
  /** Names of background work that was ended on purpose because the attempt was over. */
  readonly cut: readonly string[];
  /** What the verify commands say together; null: the task has none. */
  readonly verdict: Verdict | null;
  readonly stopRequested: StopReason | null;
  /** Whether the runner wrote its closing record. False: it died. */
  readonly ended: boolean;
  /** Whether the machine has rebooted since the attempt began. */
  readonly rebooted: boolean;
  /** Whether the runner wrote anything at all. False: it was never started, or died at once. */
  readonly begun: boolean;
  /** Why the attempt did not begin, where that is known. */
  readonly startProblem: string | null;
}

export interface Outcome {
  readonly kind: OutcomeKind;
  readonly message: string;
  readonly apiStatus?: number;
  /**
   * Claude Code's own word for why it refused to start (SDKStartupFailureReason); absent: Claude
   * Code started or is not installed.
   */
  readonly startupFailure?: string;
  /** The end of what a verify command printed that did not pass. */
  readonly output?: string;
  /** `rate_limited`: when the limit resets (UTC ms), where known. */
  readonly resetsAt?: number;
  /** `rate_limited`: which limit, e.g. `five_hour`. */
  readonly limit?: string;
}
