/** Adds to which turns conversations were put back. */

export const rewinds = {
  number: 25,
  name: "rewinds",
  sql: `
CREATE TABLE rewinds (
  -- Conversations that were put back to a turn: each continues in a session that begins with a copy.
  session_id TEXT PRIMARY KEY, -- The task's session from then on.
  task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE, -- The task.
  turn INTEGER NOT NULL CHECK (turn > 0), -- The last turn that the copy has.
  from_session TEXT NOT NULL, -- The session that is copied.
  entry TEXT NOT NULL, -- The last line that is copied, by its UUID.
  left_session TEXT NOT NULL, -- The session that the task had before.
  was_turn INTEGER NOT NULL, -- The last turn of that session's conversation.
  turns INTEGER NOT NULL, -- How many turns the task had.
  at INTEGER NOT NULL -- When.
) STRICT, WITHOUT ROWID;
CREATE INDEX rewinds_of_task ON rewinds (task_id);
`,
} as const;
