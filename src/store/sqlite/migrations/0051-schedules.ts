/** Adds schedules, and what became of their due times. */

export const schedules = {
  number: 51,
  name: "schedules",
  sql: `
CREATE TABLE schedules (
  -- What is submitted again and again, or at a time.
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- Its number.
  name TEXT NOT NULL UNIQUE, -- What people call it.
  cron TEXT, -- A cron expression of five fields, or a nickname. NULL: it has none.
  at INTEGER, -- Its only due time. NULL: it has others.
  every_ms INTEGER CHECK (every_ms > 0), -- It is due each time that this has passed, milliseconds. NULL: it is not.
  anchor INTEGER NOT NULL, -- Where the grid of every_ms begins.
  time_zone TEXT NOT NULL, -- The IANA name of the zone whose clock the expression means.
  end_at INTEGER, -- Nothing is due later. NULL: it has no end.
  missed TEXT NOT NULL CHECK (missed IN ('once', 'skip', 'all')), -- What happens to due times that nothing noticed in time.
  overlap TEXT NOT NULL CHECK (overlap IN ('skip', 'queue', 'cancel', 'allow')), -- What a due time does while an earlier run has not ended.
  jitter_ms INTEGER NOT NULL, -- Each run begins up to this much later, milliseconds.
  target_kind TEXT NOT NULL, -- What it submits: task.
  target TEXT NOT NULL CHECK (json_valid(target)), -- JSON: the input of the submit, as it was given.
  caller_name TEXT NOT NULL, -- Who wrote it last.
  caller_scope TEXT NOT NULL, -- The scope of that caller.
  token_id INTEGER, -- The token of that caller. NULL: the owner of the server.
  paused_at INTEGER, -- Since when it submits nothing. NULL: it does.
  pause_reason TEXT, -- Why it paused itself. NULL: a person did, or it is not paused.
  failures INTEGER NOT NULL DEFAULT 0, -- Submits in a row that failed.
  next_due_at INTEGER, -- The next due time without a row. NULL: there is none.
  next_fire_at INTEGER, -- When it is acted on.
  revision INTEGER NOT NULL DEFAULT 1, -- Counts its changes.
  created_at INTEGER NOT NULL, -- When it was added.
  updated_at INTEGER NOT NULL, -- When a caller changed it last.
  CHECK ((cron IS NOT NULL) + (at IS NOT NULL) + (every_ms IS NOT NULL) = 1)
) STRICT;
CREATE INDEX schedules_next ON schedules (next_fire_at) WHERE next_fire_at IS NOT NULL;

CREATE TABLE schedule_occurrences (
  -- What became of each due time, and of each run that a person asked for.
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- Its number.
  schedule_id INTEGER NOT NULL REFERENCES schedules (id) ON DELETE CASCADE, -- The schedule.
  kind TEXT NOT NULL CHECK (kind IN ('due', 'manual')), -- manual: a person asked for it.
  due_at INTEGER NOT NULL, -- The due time. Of a manual run: when it was asked for.
  state TEXT NOT NULL CHECK (state IN ('submitted', 'skipped', 'failed')), -- What became of it.
  reason TEXT, -- overlap, missed, paused, or the code of the refusal. NULL: it was submitted.
  message TEXT, -- More about it, as a sentence.
  task_id INTEGER REFERENCES tasks (id) ON DELETE SET NULL, -- Its task. NULL: it has none, or the task was removed.
  is_catch_up INTEGER NOT NULL DEFAULT 0 CHECK (is_catch_up IN (0, 1)), -- 1: it was missed, and made up for.
  by TEXT, -- Who asked for a manual run.
  at INTEGER NOT NULL -- When the row was written.
) STRICT;
CREATE UNIQUE INDEX schedule_occurrences_due ON schedule_occurrences (schedule_id, due_at) WHERE kind = 'due';
CREATE INDEX schedule_occurrences_newest ON schedule_occurrences (schedule_id, id);
CREATE INDEX schedule_occurrences_of_task ON schedule_occurrences (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX schedule_occurrences_bare ON schedule_occurrences (schedule_id, id) WHERE task_id IS NULL;
`,
} as const;
