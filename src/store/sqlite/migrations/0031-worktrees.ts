/** What a task's worktree is made of. */

export const worktrees = {
  number: 31,
  name: "worktrees",
  sql: `
ALTER TABLE workspaces ADD COLUMN prefix TEXT NOT NULL DEFAULT ''; -- The directory below path in which a task with a worktree works. Empty: path itself.
ALTER TABLE workspaces ADD COLUMN names_branch INTEGER NOT NULL DEFAULT 0 CHECK (names_branch IN (0, 1)); -- 1: the caller named the branch, so no other name is taken.
ALTER TABLE workspaces ADD COLUMN begins_with TEXT; -- The snapshot whose files a fork's worktree begins with. NULL: those of base_commit.
`,
} as const;
