/** What Claude Code answered itself to a message, and what its task was before it. */

export const messageNotes = {
  number: 35,
  name: "message-notes",
  sql: `
ALTER TABLE messages ADD COLUMN note TEXT; -- What Claude Code answered itself: the message was one of its commands, or a hook refused it. NULL: Claude has read the message.
ALTER TABLE tasks ADD COLUMN earlier_end TEXT; -- JSON, while messages continue an ended task: the status, the error and the attention that it had. NULL: nothing continues it.
`,
} as const;
