/** Defines schedules, and what becomes of each of their due times. */
import type { Scope } from "../scopes.ts";

/** What happens to due times that nothing noticed in time. */
export const missedPolicies = ["once", "skip", "all"] as const;
export type MissedPolicy = (typeof missedPolicies)[number];

/** What a due time does while an earlier run has not ended. */
export const overlapPolicies = ["skip", "queue", "cancel", "allow"] as const;
export type OverlapPolicy = (typeof overlapPolicies)[number];

/** What a schedule submits. Each kind has an input of its own. */
export const targetKinds = ["task", "template", "workflow"] as const;
export type TargetKind = (typeof targetKinds)[number];

/** What a due time has led to: a task, or a run of a workflow. */
export interface SubmittedRun {
  readonly kind: "task" | "workflow";
  /** The number of the task, or of the run. */
  readonly id: number;
}

export const occurrenceKinds = ["due", "manual"] as const;
export const occurrenceStates = ["submitted", "skipped", "failed"] as const;

/** When it is due: one of the three is set. */
export interface Timing {
  readonly cron: string | null;
  /** UTC milliseconds. */
  readonly at: number | null;
  readonly everyMs: number | null;
  /** Where the grid of `everyMs` begins (UTC ms). */
  readonly anchor: number;
  /** An IANA name. */
  readonly timeZone: string;
  /** Nothing is due after it (UTC ms). */
  readonly endAt: number | null;
}

export interface Schedule extends Timing {
  readonly id: number;
  readonly name: string;
  readonly missed: MissedPolicy;
  readonly overlap: OverlapPolicy;
  /** Each run begins up to this much later than it is due; 0: on time. */
  readonly jitterMs: number;
  readonly targetKind: TargetKind;
  /** The target's input as it was given. */
  readonly target: Readonly<Record<string, unknown>>;
  /** Who wrote it last: its runs have this caller's rights. */
  readonly callerName: string;
  readonly callerScope: Scope;
  /** Null: the owner of the server. */
  readonly tokenId: number | null;
  readonly pausedAt: number | null;
  /** Why it paused itself, as a sentence; null: a person did, or it is not paused. */
  readonly pauseReason: string | null;
  /** Submits in a row that failed. */
  readonly failures: number;
  /** The next due time that has no row; null: there is none any more. */
  readonly nextDueAt: number | null;
  /** When it is acted on: the due time with its jitter. */
  readonly nextFireAt: number | null;
  /** Counts its changes, so that what was prepared for an older one is thrown away. */
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What became of a due time, or of a run that a person asked for. */
export interface Occurrence {
  readonly id: number;
  readonly scheduleId: number;
  readonly kind: (typeof occurrenceKinds)[number];
  /** Of a manual run: when it was asked for. */
  readonly dueAt: number;
  readonly state: (typeof occurrenceStates)[number];
  /** `overlap`, `missed`, `paused`, or the code of the refusal; null: it was submitted. */
  readonly reason: string | null;
  /** More about it, as a sentence. */
  readonly message: string | null;
  /** Null: there is none, or it was removed. */
  readonly taskId: number | null;
  /** The run of a workflow. Null: there is none, or it was removed. */
  readonly workflowId: number | null;
  /** Whether it was made up for after it had been missed. */
  readonly isCatchUp: boolean;
  /** Who asked for a manual run. */
  readonly by: string | null;
  /** When the row was written. */
  readonly at: number;
}

/** A due time that is noticed later than this is missed. */
export const graceMs = 300_000;
/** Runs that are made up for start this far apart. */
export const staggerMs = 30_000;
/** So many missed due times `all` makes up for, the newest ones. */
export const mostCatchUps = 24;
/** So many due times that have passed get rows, the newest ones. */
export const mostPast = 100;
/** So many runs of a schedule wait for each other. */
export const mostQueued = 10;
/** After so many failed submits in a row a schedule pauses itself. */
export const mostFailures = 5;
/** Rows of a schedule that are kept although their tasks are gone. */
export const keptRows = 500;
/** So many schedules there can be. */
export const mostSchedules = 1000;

export const minEveryMs = 60_000;
export const maxEveryMs = 366 * 86_400_000;
export const maxJitterMs = 43_200_000;

/**
 * How much later than due a run begins: the same each time that it is asked.
 * @returns milliseconds in [0, jitterMs).
 */
export function jitterOf({ id, jitterMs }: Pick<Schedule, "id" | "jitterMs">, dueAt: number): number {
  if (jitterMs === 0) return 0;
  // FNV-1a over the two numbers, then mixed: neighbours must not have neighbouring values.
  let hash = 0x811c9dc5;
  for (const letter of `${id} ${dueAt}`) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return Math.floor((((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32) * jitterMs);
}
