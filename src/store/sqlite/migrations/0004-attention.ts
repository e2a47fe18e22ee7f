/**
 * Adds what a person should check in a completed task: denied calls, a failed last command,
 * uncommitted changes.
 */

export const attention = {
  number: 4,
  name: "attention",
  sql: `
ALTER TABLE tasks ADD COLUMN attention TEXT CHECK (json_valid(attention)); -- JSON array of kind, count, detail. NULL: nothing to look at.

CREATE INDEX tasks_with_attention ON tasks (id) WHERE attention IS NOT NULL;
`,
} as const;
