/** Adds what tasks of a group have for options that they do not name. */

export const groupDefaults = {
  number: 53,
  name: "group-defaults",
  sql: `
ALTER TABLE groups ADD COLUMN defaults TEXT NOT NULL DEFAULT '{}' CHECK (json_type(defaults) = 'object'); -- JSON object: options of a submit, for tasks that do not name them.
`,
} as const;
