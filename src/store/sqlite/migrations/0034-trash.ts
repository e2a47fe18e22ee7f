/** Adds where a removed worktree lies until it is deleted. */

export const trash = {
  number: 34,
  name: "trash",
  sql: `
ALTER TABLE workspaces ADD COLUMN trash TEXT; -- Where the worktree lies since it was removed. NULL: it was not.
ALTER TABLE workspaces ADD COLUMN trashed_at INTEGER; -- When it was removed.
`,
} as const;
