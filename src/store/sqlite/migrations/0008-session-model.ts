/** Adds the model as Claude Code named it, shown for tasks that name no model. */

export const sessionModel = {
  number: 8,
  name: "session-model",
  sql: `
ALTER TABLE tasks ADD COLUMN session_model TEXT; -- The model that the newest session began with, as Claude Code named it.
`,
} as const;
