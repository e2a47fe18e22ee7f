/** Defines comments on lines of what a task changed (docs/decisions/0028). */

export const diffSides = ["old", "new"] as const;
/** `old`: the state before. `new`: the state after. */
export type DiffSide = (typeof diffSides)[number];

/**
 * `open`: not sent to the task. `sent`: a message took it, and the task's attempt has not ended.
 * `handled`: the attempt that took it has completed, or a person said so. `outdated`: its lines
 * have changed.
 */
export const reviewStates = ["open", "sent", "handled", "outdated"] as const;
export type ReviewState = (typeof reviewStates)[number];

/** Longest text of a comment, in characters. */
export const maxCommentCharacters = 10_000;
/** So many lines one comment may be on. */
export const maxCommentLines = 200;
/** So many comments one task may have. */
export const maxComments = 1000;

/** First and last line, both included, from 1. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

export interface ReviewComment {
  readonly id: number;
  readonly taskId: number;
  /** The file, as the difference names it. */
  readonly path: string;
  /** The name of a renamed or copied file before; null: the same. */
  readonly oldPath: string | null;
  readonly side: DiffSide;
  readonly startLine: number;
  readonly line: number;
  /** The lines as in a hunk: each begins with a blank, `-` or `+`. Long ones are cut. */
  readonly code: readonly string[];
  /** The checkpoint before; null: the commit that the task's worktree began with. */
  readonly since: number | null;
  readonly fromCommit: string;
  /** The checkpoint after. */
  readonly checkpoint: number;
  readonly toCommit: string;
  readonly body: string;
  /** Where it stands, without a look at the files. */
  readonly state: Exclude<ReviewState, "outdated">;
  /** The message that took it; null: none. */
  readonly messageId: number | null;
  /** The snapshot at the end of the attempt that took it; null: a person decided, or it is open. */
  readonly judgedCommit: string | null;
  /** A person has opened it again although its lines had changed. */
  readonly staysOpen: boolean;
  /** Who wrote it: `socket` for the server's user, else the name of a token. */
  readonly writtenBy: string;
  readonly byAgent: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What became of a comment's lines: whether they changed, and where they are now. */
export interface CarriedComment {
  /** At the snapshot that decides about its state. Null: that is not known. */
  readonly hasChanged: boolean | null;
  /** In the newest snapshot; null: the lines are not there any more, or that is not known. */
  readonly position: (LineRange & { readonly path: string }) | null;
}

/** The state that people see. */
export function reviewState(
  { state, judgedCommit, staysOpen }: ReviewComment,
  { hasChanged }: Pick<CarriedComment, "hasChanged">,
): ReviewState {
  const isFinal = state === "sent" || staysOpen || (state === "handled" && judgedCommit === null);
  return hasChanged === true && !isFinal ? "outdated" : state;
}

/** The snapshot that decides whether a comment is outdated. @param newest of the task. */
export function judgedAt({ state, judgedCommit }: ReviewComment, newest: string): string {
  return state === "handled" && judgedCommit !== null ? judgedCommit : newest;
}

/** `c7`. */
export function commentName(id: number): string {
  return `c${id}`;
}
