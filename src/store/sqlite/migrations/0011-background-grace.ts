/** Adds how long an attempt waits for commands that Claude left in the background. */

export const backgroundGrace = {
  number: 11,
  name: "background-grace",
  sql: `
ALTER TABLE tasks ADD COLUMN background_grace_ms INTEGER CHECK (background_grace_ms >= 0); -- Wait for commands left in the background. NULL: the setting decides.
`,
} as const;
