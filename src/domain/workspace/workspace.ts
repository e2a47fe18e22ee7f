/**
 * Defines workspaces: where the tasks' files are in git, and the snapshots of them
 * (docs/decisions/0021).
 */
import type { SetupRun } from "./setup.ts";

/** `in_place`: the task works in the directory that it was given. */
export const workspaceKinds = ["in_place", "worktree"] as const;
export type WorkspaceKind = (typeof workspaceKinds)[number];

/**
 * Where a worktree stands. `creating`: chosen, and perhaps half made. `ready`: attempts work in it.
 * `kept`: its task has ended. `trashed`: moved into the trash. `gone`: deleted.
 */
export const workspaceStates = ["creating", "ready", "kept", "trashed", "gone"] as const;
export type WorkspaceState = (typeof workspaceStates)[number];

/** Files and lines that differ between two states of a work tree. */
export interface ChangeCounts {
  readonly files: number;
  readonly insertions: number;
  readonly deletions: number;
}

/** Why a checkpoint was made. */
export const checkpointReasons = ["start", "turn", "park", "end", "restore", "restored"] as const;
export type CheckpointReason = (typeof checkpointReasons)[number];

/** A file that is not in a snapshot. */
export interface LeftOut {
  readonly path: string;
  /** A part of a sentence: the file … */
  readonly why: string;
}

/** A snapshot of a task's files, with its number in the task. */
export interface Checkpoint {
  readonly taskId: number;
  /** 1, 2, 3 … within the task. */
  readonly number: number;
  readonly attemptId: number;
  readonly reason: CheckpointReason;
  /** Turns of the task when it was made. */
  readonly turn: number;
  readonly at: number;
  /** The ref that names the snapshot's commit in the repository. */
  readonly ref: string;
  readonly commit: string;
  readonly tree: string;
  /** The commit of HEAD; null: there was none. */
  readonly head: string | null;
  /** The branch of HEAD; null: HEAD was detached. */
  readonly branch: string | null;
  /** Since the beginning of the task; null: not counted. */
  readonly changes: ChangeCounts | null;
  /** The first of them. */
  readonly leftOut: readonly LeftOut[];
  readonly leftOutCount: number;
}

/** Where a task's files are. */
export interface Workspace {
  readonly taskId: number;
  readonly kind: WorkspaceKind;
  /** Null for `in_place`: such a workspace is nothing of ours. */
  readonly state: WorkspaceState | null;
  /** The top of the work tree; outside of git: the working directory. */
  readonly path: string;
  /** Of a worktree: the directory below `path` in which the task works; empty: `path` itself. */
  readonly prefix: string;
  /** The common git directory; null: it is not in git, or that is not known yet. */
  readonly repository: string | null;
  readonly branch: string | null;
  /** Of a worktree: whether the caller named the branch. */
  readonly namesBranch: boolean;
  /** The commit that the task began with; null: there was none. */
  readonly baseCommit: string | null;
  readonly headCommit: string | null;
  /** The task that a shared worktree is named after, perhaps this one; null: it is not shared. */
  readonly host: number | null;
  /** The snapshot whose files the worktree begins with; null: those of `baseCommit`. */
  readonly beginsWith: string | null;
  /** Since the beginning of the task; null: not counted. */
  readonly changes: ChangeCounts | null;
  /** Whether the files differed from HEAD at the last snapshot; null: there is none. */
  readonly isDirty: boolean | null;
  /** Why there are no snapshots, as a sentence; null: there are, or none was tried yet. */
  readonly problem: string | null;
  /** Where a removed worktree lies; null: it was not removed. */
  readonly trash: string | null;
  readonly trashedAt: number | null;
  /** The first of its ten ports; null: it has none, or is gone. */
  readonly ports: number | null;
  /** Whether it was set up since it was made. */
  readonly isSetUp: boolean;
  /** The last run of the set-up command; null: there was none. */
  readonly setup: SetupRun | null;
}

/** What is the same for all tasks that share a worktree. */
export const sharedFields = [
  "state",
  "path",
  "repository",
  "branch",
  "namesBranch",
  "headCommit",
  "trash",
  "trashedAt",
  "ports",
  "isSetUp",
] as const satisfies readonly (keyof Workspace)[];

/**
 * The commit from which on what differs is the task's work; null: that is its first snapshot, since
 * others have worked on the files, too.
 */
export function workBase({ kind, host, baseCommit }: Workspace): string | null {
  return kind === "worktree" && host === null ? baseCommit : null;
}

/** How long a removed worktree lies in the trash. */
export const trashMs = 7 * 86_400_000;
