/** Defines how the work of a task is brought into the checkout. */

/**
 * `squash`: as one commit. `merge`: as a merge of the task's branch. `rebase`: its commits, one by
 * one. `patch`: as changes that are not committed.
 */
export const applyWays = ["squash", "merge", "rebase", "patch"] as const;
export type ApplyWay = (typeof applyWays)[number];

export interface Apply {
  readonly taskId: number;
  readonly way: ApplyWay;
  /** The branch of the checkout. */
  readonly branch: string;
  /** The snapshot that was applied, and its tree. */
  readonly snapshot: string;
  readonly tree: string;
  /** The commit of the branch before. */
  readonly onto: string;
  /** The commit of the branch after; null: nothing was committed. */
  readonly result: string | null;
  readonly at: number;
}
