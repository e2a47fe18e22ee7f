/** Adds dependencies between tasks, and tasks that are put aside. */

export const dependencies = {
  number: 42,
  name: "dependencies",
  sql: `
ALTER TABLE tasks ADD COLUMN unmet INTEGER NOT NULL DEFAULT 0 CHECK (unmet >= 0); -- How many of its dependencies are not met.
ALTER TABLE tasks ADD COLUMN stashed_at INTEGER; -- Since when it is put aside. NULL: it is in the queue.

CREATE TABLE dependencies (
  -- Which tasks a task runs after.
  task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE, -- The task that waits.
  needs_id INTEGER NOT NULL, -- The other task. No reference: it may be removed once it has ended.
  condition TEXT NOT NULL CHECK (condition IN ('completed', 'ended', 'failed')), -- How the other task has to end.
  state TEXT NOT NULL CHECK (state IN ('waiting', 'met', 'impossible', 'waived')), -- Whether that came true.
  PRIMARY KEY (task_id, needs_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX dependencies_of ON dependencies (needs_id);
CREATE INDEX dependencies_open ON dependencies (needs_id) WHERE state IN ('waiting', 'impossible');

DROP INDEX tasks_ready;
DROP INDEX tasks_delayed;
DROP INDEX tasks_answered;
CREATE INDEX tasks_ready ON tasks (priority DESC) WHERE status = 'pending' AND unmet = 0 AND stashed_at IS NULL AND not_before IS NULL;
CREATE INDEX tasks_delayed ON tasks (not_before, priority, refusals) WHERE status = 'pending' AND unmet = 0 AND stashed_at IS NULL AND not_before IS NOT NULL;
CREATE INDEX tasks_answered ON tasks (answered_at) WHERE status = 'pending' AND unmet = 0 AND stashed_at IS NULL AND answered_at IS NOT NULL;
`,
} as const;
