/** Adds how the work of tasks was verified, and the commands of repositories that a person trusts. */

export const verifications = {
  number: 30,
  name: "verifications",
  sql: `
ALTER TABLE tasks ADD COLUMN verify_failures INTEGER NOT NULL DEFAULT 0; -- Failed verifications in a row, since it began.

CREATE TABLE verifications (
  -- Runs of the commands that verify a task's work: the evidence.
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- Never used again: later runs have higher numbers.
  task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE, -- The task.
  attempt_id INTEGER NOT NULL, -- The attempt that ran it.
  name TEXT NOT NULL, -- The command's name within the task.
  command TEXT NOT NULL, -- The shell command.
  state TEXT NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'passed', 'failed', 'unavailable', 'stopped')), -- How it ended.
  exit_code INTEGER, -- NULL: it runs, or did not exit by itself.
  reason TEXT, -- Why it is unavailable, or how it was ended. NULL: it exited.
  output_tail TEXT NOT NULL DEFAULT '', -- The end of what it printed, without secrets.
  tree TEXT, -- The tree of the files that it was true for. NULL: unknown.
  started_at INTEGER NOT NULL, -- When it started.
  took_ms INTEGER, -- How long it ran. NULL: it runs.
  is_stale INTEGER NOT NULL DEFAULT 0 -- 1: the task began again since.
) STRICT;
CREATE INDEX verifications_of_task ON verifications (task_id);
CREATE INDEX verifications_running ON verifications (task_id) WHERE state = 'running';

CREATE TABLE trusted_commands (
  -- What a repository's .claude-worker.json said when a person trusted its directory.
  file TEXT PRIMARY KEY, -- Absolute, real path of the file.
  commands TEXT NOT NULL CHECK (json_valid(commands)), -- JSON object: the commands by name, and the names that run by default.
  digest TEXT NOT NULL, -- SHA-256 of the file's bytes.
  since INTEGER NOT NULL -- When.
) STRICT, WITHOUT ROWID;
`,
} as const;
