/** Adds a task's place in the queue: priority and age as one number, or where a person moved it. */

export const place = {
  number: 48,
  name: "place",
  sql: `
ALTER TABLE tasks ADD COLUMN queued_at INTEGER NOT NULL DEFAULT 0; -- Since when its age counts in the queue (UTC ms); not before that of earlier tasks.
ALTER TABLE tasks ADD COLUMN moved TEXT; -- Where it was moved to: front, back, before:41. NULL: priority and age decide.
ALTER TABLE tasks ADD COLUMN moved_rank INTEGER; -- Its rank since it was moved.
ALTER TABLE tasks ADD COLUMN moved_place REAL; -- Its place since it was moved.
UPDATE tasks SET queued_at = created_at WHERE status IN ('pending', 'running', 'waiting');
ALTER TABLE tasks ADD COLUMN rank INTEGER GENERATED ALWAYS AS (coalesce(moved_rank, queued_at - priority * 86400000)) VIRTUAL; -- Pending tasks start in this order, the lowest first: a point of priority is worth a day.
ALTER TABLE tasks ADD COLUMN place REAL GENERATED ALWAYS AS (coalesce(moved_place, id)) VIRTUAL; -- The order within one rank.

DROP INDEX tasks_ready;
DROP INDEX tasks_delayed;
DROP INDEX tasks_ready_in_lane;
CREATE INDEX tasks_in_order ON tasks (rank, place) WHERE status = 'pending';
CREATE INDEX tasks_ready ON tasks (rank, place) WHERE status = 'pending' AND unmet = 0 AND stashed_at IS NULL AND not_before IS NULL;
CREATE INDEX tasks_delayed ON tasks (not_before, rank, place, refusals) WHERE status = 'pending' AND unmet = 0 AND stashed_at IS NULL AND not_before IS NOT NULL;
CREATE INDEX tasks_ready_in_lane ON tasks (lane, rank, place) WHERE status = 'pending' AND unmet = 0 AND stashed_at IS NULL AND not_before IS NULL;
`,
} as const;
