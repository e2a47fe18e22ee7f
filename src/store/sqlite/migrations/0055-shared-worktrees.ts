/** Adds worktrees that several tasks of a run share. */

export const sharedWorktrees = {
  number: 55,
  name: "shared-worktrees",
  sql: `
ALTER TABLE workspaces ADD COLUMN host INTEGER; -- The task that a shared worktree is named after; its own number at that task. NULL: the worktree is not shared.
CREATE INDEX workspaces_by_host ON workspaces (host) WHERE host IS NOT NULL;
`,
} as const;
