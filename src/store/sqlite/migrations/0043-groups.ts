/** Adds groups with limits, and locks. */

export const groups = {
  number: 43,
  name: "groups",
  sql: `
CREATE TABLE groups (
  -- Groups that a person has set. A group without a row has no limit.
  name TEXT PRIMARY KEY, -- As in tasks.group_name.
  max_running INTEGER CHECK (max_running >= 0), -- Most running tasks. NULL: no limit.
  paused_at INTEGER, -- Since when none of its tasks starts. NULL: they start.
  created_at INTEGER NOT NULL -- When it was set first.
) STRICT, WITHOUT ROWID;

CREATE TABLE held_locks (
  -- Which task holds which lock: from its start to the end of its attempt, also while it waits for an answer.
  name TEXT PRIMARY KEY, -- The lock.
  task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE -- Its only holder.
) STRICT, WITHOUT ROWID;
CREATE INDEX held_locks_of_task ON held_locks (task_id);

ALTER TABLE tasks ADD COLUMN locks TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(locks)); -- JSON array: names of which no two running tasks have the same one.
ALTER TABLE tasks ADD COLUMN lane TEXT NOT NULL DEFAULT ''; -- JSON array of group and locks: tasks with the same one start under the same conditions.
UPDATE tasks SET lane = json_array(group_name);
CREATE INDEX tasks_ready_in_lane ON tasks (lane, priority DESC) WHERE status = 'pending' AND unmet = 0 AND stashed_at IS NULL AND not_before IS NULL;
`,
} as const;
