/** What people and programs say to tasks after the prompt. */

export const messages = {
  number: 18,
  name: "messages",
  sql: `
CREATE TABLE messages (
  -- What a person or a program says to a task after its prompt.
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- Never used again.
  task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE, -- The task.
  key TEXT NOT NULL UNIQUE, -- A UUID: names the message in Claude Code's session and in the journal.
  text TEXT NOT NULL, -- What is said.
  delivery TEXT NOT NULL DEFAULT 'next' CHECK (delivery IN ('next', 'after_turn', 'now', 'dismiss')), -- When a running task gets it.
  status TEXT NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'delivered', 'done', 'cancelled')), -- Where it stands.
  continues INTEGER NOT NULL CHECK (continues IN (0, 1)), -- Whether it continues a task that had ended.
  attempt_id INTEGER, -- The newest attempt that was given it. NULL: none.
  sent_by TEXT NOT NULL, -- Who sent it: socket, or the name of a token.
  by_agent INTEGER NOT NULL CHECK (by_agent IN (0, 1)), -- Whether an agent sent it.
  queued_at INTEGER NOT NULL, -- When it was stored.
  delivered_at INTEGER, -- When Claude Code took it.
  ended_at INTEGER, -- When it was done or cancelled.
  CHECK ((ended_at IS NULL) = (status IN ('queued', 'delivered')))
) STRICT;
CREATE INDEX messages_of_task ON messages (task_id, id);
CREATE INDEX messages_open ON messages (task_id, id) WHERE status IN ('queued', 'delivered');
`,
} as const;
