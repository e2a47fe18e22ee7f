/** Adds the scores of iterations, and the end of a loop that waits for its best one. */

export const scores = {
  number: 40,
  name: "scores",
  sql: `
ALTER TABLE iterations ADD COLUMN score REAL; -- NULL: nothing scores it, or a check other than until did not pass.
ALTER TABLE iterations ADD COLUMN is_kept INTEGER NOT NULL DEFAULT 0; -- 1: the task has ended with its files.
ALTER TABLE tasks ADD COLUMN keeping TEXT CHECK (json_valid(keeping)); -- JSON object: how the task ends once the files of its best iteration stand. NULL: not so.
`,
} as const;
