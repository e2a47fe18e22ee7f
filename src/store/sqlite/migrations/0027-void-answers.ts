/** Which answers count for no later attempt. */

export const voidAnswers = {
  number: 27,
  name: "void-answers",
  sql: `
ALTER TABLE questions ADD COLUMN is_void INTEGER NOT NULL DEFAULT 0 CHECK (is_void IN (0, 1)); -- 1: its answer counts for no later attempt: Claude continued without it, or the rights of who gave it have ended.
`,
} as const;
