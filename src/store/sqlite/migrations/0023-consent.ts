/** Adds questions for consent to paid usage, and the consent of each account. */

const columns =
  "id, task_id, attempt_id, turn, key, kind, tool, tool_use_id, agent_id, input, input_hash, rule, status, answer, answered_by, asked_at, answered_at, applied_at, deadline";

export const consent = {
  number: 23,
  name: "consent",
  sql: `
ALTER TABLE accounts ADD COLUMN overage_until INTEGER; -- A person has consented to paid overage until then. NULL: none was given.

CREATE TABLE questions_next (
  -- What a task needs from a person before it can continue.
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- Never used again: people answer by it.
  task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE, -- The task.
  attempt_id INTEGER NOT NULL, -- The attempt that asked last.
  turn INTEGER, -- Turns of the task when it was asked.
  key TEXT NOT NULL, -- Names it in the journal and between server and runner.
  kind TEXT NOT NULL CHECK (kind IN ('permission', 'question', 'plan', 'elicitation', 'network', 'consent')), -- What is asked for.
  tool TEXT NOT NULL, -- The tool whose call asks.
  tool_use_id TEXT, -- The call, in its newest attempt. NULL: there is none.
  agent_id TEXT, -- The sub-agent that asks. NULL: the main thread.
  input TEXT NOT NULL CHECK (json_valid(input)), -- JSON object: the call's input, without secrets.
  input_hash TEXT NOT NULL, -- Digest of tool and input: finds the same call in another attempt.
  rule TEXT, -- The permission rule that would decide such calls. NULL: Claude Code offered none.
  status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'answered', 'applied', 'superseded', 'expired')), -- Where it stands.
  answer TEXT CHECK (json_valid(answer)), -- JSON object: decision and what belongs to the kind. NULL: none yet.
  answered_by TEXT, -- Who answered: socket, a token's name, channel:<name>, default.
  asked_at INTEGER NOT NULL, -- When it was asked first.
  answered_at INTEGER, -- When the answer was stored.
  applied_at INTEGER, -- When the journal had what followed from the answer.
  deadline INTEGER, -- From when on the default answer counts. NULL: never.
  UNIQUE (task_id, key)
) STRICT;
INSERT INTO questions_next (${columns}) SELECT ${columns} FROM questions;
-- Numbers of removed questions are not used again either.
DELETE FROM sqlite_sequence WHERE name = 'questions_next';
INSERT INTO sqlite_sequence (name, seq) SELECT 'questions_next', seq FROM sqlite_sequence WHERE name = 'questions';
DROP TABLE questions;
ALTER TABLE questions_next RENAME TO questions;

CREATE INDEX questions_open ON questions (asked_at) WHERE status = 'open';
CREATE INDEX questions_unapplied ON questions (task_id) WHERE applied_at IS NULL AND status IN ('open', 'answered', 'expired');
CREATE INDEX questions_undelivered ON questions (answered_at) WHERE answer IS NOT NULL AND applied_at IS NULL AND status IN ('answered', 'expired');
CREATE INDEX questions_due ON questions (deadline) WHERE status = 'open' AND deadline IS NOT NULL;
`,
} as const;
