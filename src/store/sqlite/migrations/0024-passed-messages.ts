/** Which messages the runner of a waiting task has. */

export const passedMessages = {
  number: 24,
  name: "passed-messages",
  sql: `
ALTER TABLE messages ADD COLUMN passed_to INTEGER; -- The attempt whose runner had it when its task began to wait. NULL: none.
`,
} as const;
