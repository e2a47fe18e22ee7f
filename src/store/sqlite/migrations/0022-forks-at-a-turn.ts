/** Adds up to where a fork has the other task's conversation. */

export const forksAtATurn = {
  number: 22,
  name: "forks_at_a_turn",
  sql: `
ALTER TABLE forks ADD COLUMN turn INTEGER CHECK (turn > 0); -- The last turn of the other task that it has. NULL: all that there were.
ALTER TABLE forks ADD COLUMN entry TEXT; -- The last line of the session that is copied, by its UUID. NULL: all lines.
`,
} as const;
