/** Adds whether a task may run although settings of its directory are broken. */

export const brokenSettings = {
  number: 10,
  name: "broken-settings",
  sql: `
ALTER TABLE tasks ADD COLUMN ignore_broken_settings INTEGER NOT NULL DEFAULT 0 CHECK (ignore_broken_settings IN (0, 1)); -- Run also where a settings file is broken.
`,
} as const;
