/** Adds what a worktree is set up with: its ports, and the run of the set-up command. */

export const setup = {
  number: 37,
  name: "setup",
  sql: `
ALTER TABLE workspaces ADD COLUMN ports INTEGER; -- The first of the worktree's ten ports. NULL: it has none.
ALTER TABLE workspaces ADD COLUMN is_set_up INTEGER NOT NULL DEFAULT 0 CHECK (is_set_up IN (0, 1)); -- 1: the worktree was set up since it was made.
ALTER TABLE workspaces ADD COLUMN setup TEXT CHECK (json_valid(setup)); -- JSON object: the last run of the set-up command, with the end of its output. NULL: there was none.
UPDATE workspaces SET is_set_up = 1 WHERE state IS NOT 'creating';
`,
} as const;
