/** Adds templates. */

export const templates = {
  number: 49,
  name: "templates",
  sql: `
CREATE TABLE templates (
  -- Stored prompts with variables. A task that was made of one has the prompt itself.
  name TEXT PRIMARY KEY, -- What callers name.
  prompt TEXT NOT NULL, -- As it was written, with {{ vars.… }}.
  defaults TEXT NOT NULL CHECK (json_valid(defaults)), -- JSON object: values of variables that a caller does not give.
  options TEXT NOT NULL CHECK (json_valid(options)), -- JSON object: fields of a submit. A caller's own count more.
  created_at INTEGER NOT NULL, -- When it was added.
  updated_at INTEGER NOT NULL -- When it was changed last.
) STRICT, WITHOUT ROWID;
`,
} as const;
