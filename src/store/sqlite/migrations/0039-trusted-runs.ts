/** Adds what runs by itself in directories, as persons have seen it. */

export const trustedRuns = {
  number: 39,
  name: "trusted runs",
  sql: `
CREATE TABLE trusted_runs (
  -- What runs by itself in a directory: hooks, MCP servers, settings that name programs. As a person has seen it.
  directory TEXT PRIMARY KEY, -- Absolute, real path; for worktrees that of their main checkout.
  runs TEXT NOT NULL CHECK (json_valid(runs)), -- JSON array: for each what it is, for people, and a SHA-256 of all that it is.
  since INTEGER NOT NULL -- When the last of them was added.
) STRICT, WITHOUT ROWID;
`,
} as const;
