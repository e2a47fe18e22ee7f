/** Adds which agent submitted a task, for the limits, and which tree the task belongs to. */

export const agents = {
  number: 3,
  name: "agents",
  sql: `
CREATE TABLE agent_tasks (
  -- Tasks that agents submitted. Others have no row.
  task_id INTEGER PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE, -- The task.
  client TEXT NOT NULL, -- Whom the limits count for.
  root_id INTEGER NOT NULL, -- The task at the top of its tree: itself, unless it was submitted from inside a task.
  open INTEGER NOT NULL DEFAULT 1 CHECK (open IN (0, 1)) -- Whether it has not ended; kept by a trigger, for the index.
) STRICT;

CREATE INDEX agent_tasks_open ON agent_tasks (client) WHERE open = 1;
CREATE INDEX agent_tasks_by_root ON agent_tasks (root_id);

CREATE TRIGGER agent_tasks_opened AFTER UPDATE OF status ON tasks WHEN OLD.status <> NEW.status BEGIN
  UPDATE agent_tasks SET open = (NEW.ended_at IS NULL) WHERE task_id = NEW.id;
END;
`,
} as const;
