/** Adds where the work of tasks was applied. */

export const applies = {
  number: 36,
  name: "applies",
  sql: `
CREATE TABLE applies (
  -- Work of tasks that was brought into the checkout.
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- Later ones have higher numbers.
  task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE, -- The task.
  way TEXT NOT NULL CHECK (way IN ('squash', 'merge', 'rebase', 'patch')), -- As one commit, as a merge, commit by commit, or as changes that are not committed.
  branch TEXT NOT NULL, -- The branch of the checkout.
  snapshot TEXT NOT NULL, -- The snapshot of the task that was applied.
  tree TEXT NOT NULL, -- The tree of that snapshot.
  onto TEXT NOT NULL, -- The commit of the branch before.
  result TEXT, -- The commit of the branch after. NULL: nothing was committed.
  at INTEGER NOT NULL -- When.
) STRICT;
CREATE INDEX applies_of_task ON applies (task_id);
`,
} as const;
