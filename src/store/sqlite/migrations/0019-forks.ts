/** Which tasks began as a fork of another task's conversation. */

export const forks = {
  number: 19,
  name: "forks",
  sql: `
CREATE TABLE forks (
  -- Tasks that began with a copy of another task's conversation.
  task_id INTEGER PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE, -- The new task.
  from_task INTEGER NOT NULL, -- The other task. No reference: it may be removed.
  session_id TEXT NOT NULL -- The session that was copied.
) STRICT;
CREATE INDEX forks_of_task ON forks (from_task);
`,
} as const;
