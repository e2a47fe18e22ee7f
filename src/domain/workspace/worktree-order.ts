/** What a runner needs to make a task's worktree, or to find it again. */
export interface WorktreeOrder {
  /**
   * Whether other tasks may work there, or make it, at the same time: then it is made under a lock,
   * and nothing that may be theirs is thrown away.
   */
  readonly isShared: boolean;
  /**
   * `creating`: no attempt has worked there, so what is half made is made again. `made`: it must
   * be there; where it vanished it is rebuilt.
   */
  readonly state: "creating" | "made";
  /** Where it lies: absolute, in the data directory. */
  readonly path: string;
  /** The directory below `path` in which Claude works; empty: `path` itself. */
  readonly prefix: string;
  /** The common git directory. */
  readonly repository: string;
  /** Null: HEAD is detached. */
  readonly branch: string | null;
  /** Whether the caller named the branch: then no other name is taken. */
  readonly isNamed: boolean;
  readonly baseCommit: string;
  /** What the first line of the branch's reflog says, so that the branch is known as ours. */
  readonly mark: string;
  /** Directory of the lock for the repository. */
  readonly lock: string;
  /** Directory for what is half made. */
  readonly trash: string;
  /** Files to begin with, or to rebuild: a snapshot, and the commit of HEAD below it. */
  readonly files: { readonly commit: string; readonly head: string | null } | null;
}
