/** Adds workflows: a row for each run, and one for each of its tasks. */

export const workflows = {
  number: 50,
  name: "workflows",
  sql: `
CREATE TABLE workflows (
  -- Runs of workflow files.
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- 1, 2, 3 … Never used again.
  name TEXT NOT NULL, -- As the file says.
  status TEXT NOT NULL CHECK (status IN ('running', 'completed', 'failed', 'cancelled')), -- From the statuses of its tasks, at the end of each write.
  inputs TEXT NOT NULL CHECK (json_valid(inputs)), -- JSON object.
  working_directory TEXT NOT NULL, -- Where its tasks work.
  created_at INTEGER NOT NULL, -- When it was submitted.
  ended_at INTEGER, -- When the last of its tasks ended. NULL: it runs.
  cancel_requested_at INTEGER -- When a person cancelled it. NULL: not so.
) STRICT;

CREATE TABLE workflow_tasks (
  -- What the tasks of a run are in it.
  task_id INTEGER PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE, -- The task.
  workflow_id INTEGER NOT NULL REFERENCES workflows (id) ON DELETE CASCADE, -- The run.
  key TEXT NOT NULL, -- Its name in the run.
  kind TEXT NOT NULL CHECK (kind IN ('task', 'approval', 'for_each', 'join')), -- What it does.
  parent TEXT, -- The key of the task that stands for it. NULL: none does.
  needs TEXT NOT NULL CHECK (json_valid(needs)), -- JSON array: keys that it runs after, with conditions.
  condition TEXT, -- It runs only if this holds. NULL: always.
  on_failure TEXT NOT NULL CHECK (on_failure IN ('continue', 'stop')), -- What its failure does to the others.
  given TEXT NOT NULL CHECK (json_valid(given)), -- JSON object: what its condition, list and question can name.
  spec TEXT CHECK (json_valid(spec)), -- JSON object: the list and the task of a for_each, the question of an approval. NULL: nothing more.
  is_expanded INTEGER NOT NULL DEFAULT 0, -- 1: the tasks of the for_each are there.
  status TEXT NOT NULL, -- The task's status at the end of the last write.
  UNIQUE (workflow_id, key)
) STRICT;
CREATE INDEX workflow_tasks_by_status ON workflow_tasks (workflow_id, status);
CREATE TRIGGER workflow_without_tasks AFTER DELETE ON workflow_tasks
WHEN NOT EXISTS (SELECT 1 FROM workflow_tasks WHERE workflow_id = OLD.workflow_id)
BEGIN
  DELETE FROM groups WHERE name = 'workflow-' || OLD.workflow_id;
  DELETE FROM workflows WHERE id = OLD.workflow_id;
END;
`,
} as const;
