/**
 * Makes the first schema. Comments are inside the statements: SQLite keeps them, and the schema's
 * documentation is made from them.
 */

export const base = {
  number: 1,
  name: "base",
  sql: `
CREATE TABLE tasks (
  -- What a person asked for and where it stands. Long texts are in task_texts, so that lists and updates never carry them.
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- Never used again, also not after the task is removed: logs are named by it.
  name TEXT, -- A name for lists; not unique.
  title TEXT NOT NULL, -- The prompt's first line, cut to 120 characters.
  labels TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(labels)), -- JSON object of strings; task_labels indexes it.
  group_name TEXT NOT NULL, -- The lane whose concurrency limit counts.
  priority INTEGER NOT NULL DEFAULT 0, -- Higher starts earlier.
  status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'running', 'waiting', 'completed', 'failed', 'cancelled', 'skipped')), -- Where the task stands.
  created_at INTEGER NOT NULL CHECK (created_at >= 0), -- UTC milliseconds, like every time here.
  started_at INTEGER, -- When its first attempt began, unless a retry began anew.
  ended_at INTEGER, -- Set exactly in the terminal statuses.
  updated_at INTEGER NOT NULL, -- When anything of the row or its events changed.
  not_before INTEGER, -- Not to be started before this moment.
  not_before_reason TEXT, -- Why not_before is set: retry, rate_limited, schedule.
  cancel_requested_at INTEGER, -- A person asked for its end; the supervisor acts on it.
  open_attempt_id INTEGER, -- The attempt that runs now. Set while running; while waiting where the runner was kept.
  attempt_count INTEGER NOT NULL DEFAULT 0 CHECK (attempt_count >= 0), -- How many attempts it had.
  poison_count INTEGER NOT NULL DEFAULT 0 CHECK (poison_count >= 0), -- Attempts in a row that died without a single new event.
  retries_spent INTEGER NOT NULL DEFAULT 0 CHECK (retries_spent >= 0), -- Retries spent by outcomes that spend one.
  session_id TEXT, -- Claude Code's conversation.
  resumable INTEGER NOT NULL DEFAULT 0 CHECK (resumable IN (0, 1)), -- Whether the next attempt resumes session_id (1) or starts it (0).
  error TEXT CHECK (json_valid(error)), -- JSON object: code, message, apiStatus.
  cost_usd REAL CHECK (cost_usd >= 0), -- US dollars, over all attempts.
  usage TEXT CHECK (json_valid(usage)), -- JSON object: tokens and money per model.
  num_turns INTEGER CHECK (num_turns >= 0), -- Turns of the conversation.
  duration_ms INTEGER CHECK (duration_ms >= 0), -- Sum of the attempts' durations.
  last_action TEXT, -- The newest thing it did, in one line.
  last_seq INTEGER NOT NULL DEFAULT 0 CHECK (last_seq >= 0), -- Number of its newest event.
  parent_id INTEGER, -- The task whose agent submitted this one. No reference: the parent may be removed.
  depth INTEGER NOT NULL DEFAULT 0 CHECK (depth >= 0), -- How many parents stand above it.
  working_directory TEXT NOT NULL, -- Absolute, real path.
  model TEXT, -- Model name or alias; NULL: Claude Code's default.
  permission_mode TEXT NOT NULL CHECK (permission_mode IN ('default', 'acceptEdits', 'plan', 'dontAsk', 'bypassPermissions')), -- Claude Code's permission mode.
  allow TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(allow)), -- JSON array of permission rules.
  deny TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(deny)), -- JSON array of permission rules; stronger than allow.
  max_turns INTEGER CHECK (max_turns > 0), -- NULL: no limit.
  max_budget_usd REAL CHECK (max_budget_usd > 0), -- NULL: no limit.
  timeout_ms INTEGER CHECK (timeout_ms > 0), -- Wall clock of one attempt. NULL: no limit.
  stall_timeout_ms INTEGER CHECK (stall_timeout_ms > 0), -- Longest silence of one attempt. NULL: no limit.
  retries INTEGER NOT NULL DEFAULT 0 CHECK (retries >= 0), -- Extra tries for outcomes that are not retried by themselves.
  CHECK ((status IN ('completed', 'failed', 'cancelled', 'skipped')) = (ended_at IS NOT NULL)),
  CHECK (status <> 'running' OR open_attempt_id IS NOT NULL),
  CHECK (open_attempt_id IS NULL OR status IN ('running', 'waiting'))
) STRICT;

CREATE TABLE task_texts (
  -- The texts of a task that may be megabytes long.
  task_id INTEGER PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE, -- The task.
  prompt TEXT NOT NULL, -- What Claude shall do.
  system_prompt TEXT, -- Appended to Claude Code's own system prompt.
  result TEXT -- The last result's text.
) STRICT;

CREATE TABLE task_search (
  -- What a text filter looks into. A narrow table, because the filter may have to read all of it.
  task_id INTEGER PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE, -- The task.
  search TEXT NOT NULL -- Its name and title in lower case.
) STRICT;

CREATE TABLE task_labels (
  -- Index of tasks.labels by key and value; kept by triggers.
  key TEXT NOT NULL, -- The label's key.
  value TEXT NOT NULL, -- The label's value.
  task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE, -- The task that bears it.
  PRIMARY KEY (key, value, task_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE status_counts (
  -- How many tasks stand where; kept by triggers in the same transaction.
  status TEXT PRIMARY KEY, -- One row per status.
  count INTEGER NOT NULL CHECK (count >= 0) -- Tasks in it.
) STRICT, WITHOUT ROWID;

CREATE TABLE attempts (
  -- One try at a task by one runner process. Open until ended_at is set; a task has at most one open attempt.
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- Never used again.
  task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE, -- The task.
  number INTEGER NOT NULL CHECK (number >= 1), -- 1, 2, 3 … within the task.
  runner_id TEXT NOT NULL, -- Names the runner's socket and marks its processes.
  node_id TEXT NOT NULL, -- The machine.
  epoch INTEGER NOT NULL, -- The server start that owns it: only that one may change it.
  session_id TEXT, -- Claude Code's conversation.
  resume INTEGER NOT NULL CHECK (resume IN (0, 1)), -- Whether it resumes the session (1) or starts it (0).
  warm INTEGER NOT NULL CHECK (warm IN (0, 1)), -- Whether a parked runner took it.
  started_at INTEGER NOT NULL, -- When it was claimed.
  ended_at INTEGER, -- When it was closed.
  outcome TEXT CHECK (json_valid(outcome)), -- JSON object: kind, message and what belongs to the kind. Set with ended_at.
  journal_start INTEGER NOT NULL CHECK (journal_start >= 0), -- Where its records begin in the task's journal, in bytes.
  journal_offset INTEGER NOT NULL CHECK (journal_offset >= journal_start), -- How far the journal is ingested, in bytes.
  last_record INTEGER NOT NULL DEFAULT 0 CHECK (last_record >= 0), -- Number of the newest ingested record.
  first_seq INTEGER NOT NULL CHECK (first_seq >= 1), -- Its events bear this number or a higher one.
  pid INTEGER, -- The runner's process.
  boot_id TEXT, -- The machine's boot during which the process was started.
  pid_start TEXT, -- Start time of the process as the system counts it.
  stop_requested TEXT CHECK (stop_requested IN ('cancelled', 'timed_out', 'stalled', 'interrupted')), -- Why it was told to stop.
  UNIQUE (task_id, number),
  CHECK ((ended_at IS NULL) = (outcome IS NULL))
) STRICT;

CREATE TABLE events (
  -- The steps of a task's story: what doors show and stream.
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- Global and increasing: the change feed's cursor.
  task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE, -- The task.
  seq INTEGER NOT NULL CHECK (seq >= 1), -- 1, 2, 3 … within the task, without gaps.
  attempt_id INTEGER, -- The attempt, or NULL. No reference: it would cost an index on the busiest table.
  type TEXT NOT NULL, -- What happened.
  at INTEGER NOT NULL, -- When.
  data TEXT NOT NULL CHECK (json_valid(data)), -- JSON object, by type.
  UNIQUE (task_id, seq)
) STRICT;

CREATE TABLE holds (
  -- Reasons why nothing may start now.
  kind TEXT NOT NULL CHECK (kind IN ('rate_limited', 'auth_failed', 'unavailable', 'manual', 'storage')), -- What holds.
  scope TEXT NOT NULL, -- Whom it holds: all, account:<fingerprint>, group:<name>.
  message TEXT NOT NULL, -- A sentence for people.
  until INTEGER, -- Lifts by itself at this moment. NULL: until somebody lifts it.
  since INTEGER NOT NULL, -- When it was first put.
  PRIMARY KEY (kind, scope)
) STRICT, WITHOUT ROWID;

CREATE TABLE trusted_directories (
  -- Directories in which tasks may run with the project's own settings.
  path TEXT PRIMARY KEY, -- Absolute, real path.
  since INTEGER NOT NULL -- When a person trusted it.
) STRICT, WITHOUT ROWID;

CREATE TABLE daemon_epoch (
  -- One row: how often a server opened this database. Every write transaction checks that its server is still the newest.
  id INTEGER PRIMARY KEY CHECK (id = 1), -- Always 1.
  epoch INTEGER NOT NULL CHECK (epoch >= 0), -- The newest server's number.
  probed_at INTEGER NOT NULL DEFAULT 0 -- Counts the tries whether writing works again after a fault.
) STRICT;

CREATE INDEX tasks_by_status ON tasks (status);
CREATE INDEX tasks_by_group ON tasks (group_name, status);
CREATE INDEX tasks_ready ON tasks (priority DESC) WHERE status = 'pending' AND not_before IS NULL;
CREATE INDEX tasks_delayed ON tasks (not_before, priority) WHERE status = 'pending' AND not_before IS NOT NULL;
CREATE INDEX tasks_by_creation ON tasks (created_at);
CREATE INDEX tasks_by_end ON tasks (ended_at) WHERE ended_at IS NOT NULL;
CREATE UNIQUE INDEX attempts_open ON attempts (task_id) WHERE ended_at IS NULL;
CREATE INDEX task_labels_by_task ON task_labels (task_id);

CREATE TRIGGER tasks_counted_on_insert AFTER INSERT ON tasks BEGIN
  UPDATE status_counts SET count = count + 1 WHERE status = NEW.status;
END;
CREATE TRIGGER tasks_counted_on_change AFTER UPDATE OF status ON tasks WHEN OLD.status <> NEW.status BEGIN
  UPDATE status_counts SET count = count - 1 WHERE status = OLD.status;
  UPDATE status_counts SET count = count + 1 WHERE status = NEW.status;
END;
CREATE TRIGGER tasks_counted_on_delete AFTER DELETE ON tasks BEGIN
  UPDATE status_counts SET count = count - 1 WHERE status = OLD.status;
END;
CREATE TRIGGER tasks_labelled_on_insert AFTER INSERT ON tasks WHEN NEW.labels <> '{}' BEGIN
  INSERT INTO task_labels (key, value, task_id) SELECT key, value, NEW.id FROM json_each(NEW.labels);
END;
CREATE TRIGGER tasks_labelled_on_change AFTER UPDATE OF labels ON tasks WHEN OLD.labels <> NEW.labels BEGIN
  DELETE FROM task_labels WHERE task_id = OLD.id;
  INSERT INTO task_labels (key, value, task_id) SELECT key, value, NEW.id FROM json_each(NEW.labels);
END;

INSERT INTO daemon_epoch (id, epoch) VALUES (1, 0);
INSERT INTO status_counts (status, count)
  VALUES ('pending', 0), ('running', 0), ('waiting', 0), ('completed', 0), ('failed', 0), ('cancelled', 0), ('skipped', 0);
`,
} as const;
