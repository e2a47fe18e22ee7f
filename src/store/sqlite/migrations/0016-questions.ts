/** What tasks need from a person, and the rules that a person's answers have made. */

export const questions = {
  number: 16,
  name: "questions",
  sql: `
ALTER TABLE tasks ADD COLUMN answered_at INTEGER; -- When the answer came that the next attempt carries over: it starts ahead of others. NULL: none.

CREATE TABLE questions (
  -- What a task needs from a person before it can continue.
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- Never used again: people answer by it.
  task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE, -- The task.
  attempt_id INTEGER NOT NULL, -- The attempt that asked last.
  turn INTEGER, -- Turns of the task when it was asked.
  key TEXT NOT NULL, -- Names it in the journal and between server and runner.
  kind TEXT NOT NULL CHECK (kind IN ('permission', 'question', 'plan', 'elicitation', 'network')), -- What is asked for.
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

CREATE TABLE rules (
  -- Permission rules that a person's answer made for a directory. Later tasks there get them.
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- Never used again.
  directory TEXT NOT NULL, -- Absolute, real path of a trusted directory.
  rule TEXT NOT NULL, -- A permission rule of Claude Code that allows.
  since INTEGER NOT NULL, -- When it was made.
  question_id INTEGER, -- The question whose answer made it. No reference: the question may be removed.
  made_by TEXT NOT NULL, -- Who answered.
  UNIQUE (directory, rule)
) STRICT;

CREATE INDEX questions_open ON questions (asked_at) WHERE status = 'open';
CREATE INDEX questions_unapplied ON questions (task_id) WHERE applied_at IS NULL AND status IN ('open', 'answered', 'expired');
CREATE INDEX questions_undelivered ON questions (answered_at) WHERE answer IS NOT NULL AND applied_at IS NULL AND status IN ('answered', 'expired');
CREATE INDEX questions_due ON questions (deadline) WHERE status = 'open' AND deadline IS NOT NULL;
CREATE INDEX tasks_answered ON tasks (answered_at) WHERE status = 'pending' AND answered_at IS NOT NULL;
`,
} as const;
