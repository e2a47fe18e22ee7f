/** Which defaults of a group, a template or a workflow file concern a task. */

const ofWorktrees: ReadonlySet<string> = new Set(["worktree_name", "worktree_base", "worktree_branch", "setup"]);

/**
 * The defaults without those of worktrees, where the task works in place: they say how a worktree
 * is, not that there is one.
 * @param kind where the task works, in JSON's words; unknown: undefined.
 */
export function fittingDefaults<T extends object>(defaults: T, kind: unknown): T {
  if (kind !== "in_place") return defaults;
  return Object.fromEntries(Object.entries(defaults).filter(([name]) => !ofWorktrees.has(name))) as T;
}
