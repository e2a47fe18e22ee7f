/** Whether a message of a channel shows all of its question. */

export const wholeAsks = {
  number: 26,
  name: "whole-asks",
  sql: `
ALTER TABLE channel_asks ADD COLUMN is_whole INTEGER NOT NULL DEFAULT 1 CHECK (is_whole IN (0, 1)); -- 0: a part was cut or hidden. What it does not show is not allowed.
`,
} as const;
