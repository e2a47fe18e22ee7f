/** Defines tasks and attempts. Times are UTC milliseconds since 1970; money is US dollars. */
import type { Attention } from "../attempt/attention.ts";
import type { Outcome } from "../attempt/outcome.ts";
import type { ModelUsage, SessionSpent } from "./model-usage.ts";
import type { StoredStopReason } from "../attempt/stop-reason.ts";
import type { Keeping } from "../verification/loop.ts";
import type { QueueOptions, RunOptions } from "./options.ts";
import type { TaskStatus, TerminalStatus } from "./status.ts";
import type { JsonObject } from "../text/read-json.ts";
import { cutText } from "../text/cut-text.ts";

export { isTerminal, taskStatuses, terminalStatuses } from "./status.ts";
export type { TaskStatus } from "./status.ts";

/** What a person asked for, as an attempt gets it. The options are rows of task/options.ts. */
export interface TaskSpec extends RunOptions {
  readonly prompt: string;
  /** Absolute, real path of the working directory. */
  readonly workingDirectory: string;
}

/** Why a task ended as it did, for people and programs. `code` is the outcome's kind. */
export interface TaskError {
  readonly code: string;
  readonly message: string;
  /**
   * Whether a retry of the unchanged task can succeed: the cause lies outside of it. Missing in
   * errors of older versions: false.
   */
  readonly retryable?: boolean;
  /** HTTP status of the model's API, where that was the cause. */
  readonly apiStatus?: number;
}

/** How a task had ended that messages continue. */
export interface EarlierEnd {
  readonly status: Exclude<TerminalStatus, "skipped">;
  readonly error: TaskError | null;
  readonly attention: Task["attention"];
}

export interface Task extends TaskSpec, QueueOptions {
  readonly id: number;
  /** The prompt's first line, cut to 120 characters: what lists show. */
  readonly title: string;
  readonly status: TaskStatus;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly updatedAt: number;
  /** Not to be started before this moment. */
  readonly notBefore: number | null;
  /** Why `notBefore` is set: "retry", "refused", or "schedule" (the caller asked for it). */
  readonly notBeforeReason: string | null;
  /** Since when its age counts in the queue. */
  readonly queuedAt: number;
  /** Its position in the queue (order/place.ts). */
  readonly rank: number;
  readonly place: number;
  /** Where it was moved to, as `targetText` of place.ts; null: priority and age decide. */
  readonly moved: string | null;
  /** How many of its dependencies are not met (dependency.ts). */
  readonly unmet: number;
  /** Since when it is put aside; null: it is in the queue. */
  readonly stashedAt: number | null;
  /**
   * When the answer came that its next attempt carries over; null: there is none. Such a task
   * starts ahead of others.
   */
  readonly answeredAt: number | null;
  readonly cancelRequestedAt: number | null;
  readonly openAttemptId: number | null;
  readonly attemptCount: number;
  /** Attempts in a row that died without a single new event. */
  readonly poisonCount: number;
  /**
   * Attempts in a row that broke off for a reason that may lie in the task (setbacks.ts), with
   * progress or without.
   */
  readonly setbacks: number;
  /** The tool call under way at the last death (`callUnderWay`); null: none. */
  readonly cutCall: string | null;
  /** Retries spent by outcomes that spend one. */
  readonly retriesSpent: number;
  /** How often in a row the API refused it in the same way, without a finished step in between. */
  readonly refusals: number;
  /**
   * How it was refused last (`Refusal.name` of refusal.ts); null: not refused since its last
   * success.
   */
  readonly refusal: string | null;
  readonly refusedAt: number | null;
  /** Failed verifications in a row since it began. */
  readonly verifyFailures: number;
  /** How its loop ends once the files of its best iteration stand; null: it is not at its end. */
  readonly keeping: Keeping | null;
  readonly sessionId: string | null;
  /**
   * The model as Claude Code named it when the newest session began; null: no session has begun.
   */
  readonly sessionModel: string | null;
  /** Whether the next attempt resumes `sessionId` (true) or starts it (false). */
  readonly resumable: boolean;
  /**
   * The profile that it asked for, while its session is one of `profile`, which pays instead; null:
   * it has what it asked for.
   */
  readonly profileAsked: string | null;
  readonly result: string | null;
  /** The last answer as `jsonSchema` asks for it; null: there is none. */
  readonly structuredResult: JsonObject | null;
  readonly error: TaskError | null;
  /** What it was before messages continued it after its end; null: nothing continues it. */
  readonly earlierEnd: EarlierEnd | null;
  /** What to look at although the task completed; null: nothing. */
  readonly attention: readonly Attention[] | null;
  readonly costUsd: number | null;
  readonly usage: Readonly<Record<string, ModelUsage>> | null;
  readonly numTurns: number | null;
  /** Sum of the attempts' durations, without their waits for answers. */
  readonly durationMs: number | null;
  readonly lastAction: string | null;
  /** Number of the newest event. */
  readonly lastSeq: number;
  readonly parentId: number | null;
  readonly depth: number;
  /** The number of the first task of the batch that it was submitted in; null: it was alone. */
  readonly batch: number | null;
}

export interface Attempt {
  readonly id: number;
  readonly taskId: number;
  /** 1, 2, 3 … within the task. */
  readonly number: number;
  readonly runnerId: string;
  readonly nodeId: string;
  readonly epoch: number;
  readonly sessionId: string | null;
  readonly resume: boolean;
  readonly warm: boolean;
  readonly startedAt: number;
  /**
   * The claim and the newest ingested record by the boot clock (ms since the machine's start);
   * null: not known.
   */
  readonly startedUp: number | null;
  readonly lastUp: number | null;
  readonly endedAt: number | null;
  readonly outcome: Outcome | null;
  /**
   * Where this attempt's records begin in the journal file (bytes), and how far they are ingested.
   */
  readonly journalStart: number;
  readonly journalOffset: number;
  /** Number of the newest ingested record. */
  readonly lastRecord: number;
  readonly pid: number | null;
  readonly bootId: string | null;
  /** Start time of the runner's process as the OS counts it (opaque). */
  readonly pidStart: string | null;
  readonly stopRequested: StoredStopReason | null;
  /**
   * The session's running total that this attempt reported last; null: it has reported nothing yet.
   */
  readonly sessionSpent: SessionSpent | null;
  /** Fingerprint of the account whose sign-in it was started with; null: not known. */
  readonly account: string | null;
}

/** The first non-empty line of a prompt, at most 120 characters: what lists show. */
export function titleOf(prompt: string): string {
  const line = prompt.trimStart().split("\n", 1)[0] ?? "";
  return cutText(line.trim().slice(0, 400), 120);
}
