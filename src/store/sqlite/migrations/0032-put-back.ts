/** Adds the checkpoints that are taken before and after files are put back. */

export const putBack = {
  number: 32,
  name: "put back",
  sql: `
CREATE TABLE checkpoints_new (
  -- Snapshots of tasks' files: commits in the repository of each task.
  task_id INTEGER NOT NULL, -- The task. No reference: the ref in the repository is removed first.
  number INTEGER NOT NULL CHECK (number > 0), -- 1, 2, 3 … within the task.
  attempt_id INTEGER NOT NULL, -- The attempt that made it, or the last one before.
  reason TEXT NOT NULL CHECK (reason IN ('start', 'turn', 'park', 'end', 'restore', 'restored')), -- When it was made: before an attempt's first step, after a turn, before a wait without a process, at an attempt's end, before and after files were put back.
  turn INTEGER NOT NULL, -- Turns of the task when it was made.
  at INTEGER NOT NULL, -- When.
  ref TEXT NOT NULL, -- The ref that names the commit.
  commit_id TEXT NOT NULL, -- The snapshot.
  tree TEXT NOT NULL, -- The snapshot's tree.
  head TEXT, -- The commit of HEAD. NULL: there was none.
  branch TEXT, -- The branch of HEAD. NULL: HEAD was detached.
  changes TEXT CHECK (json_valid(changes)), -- JSON object: files, insertions and deletions since the task's beginning. NULL: not counted.
  left_out TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(left_out)), -- JSON array: the first files that it does not have, and why.
  left_out_count INTEGER NOT NULL DEFAULT 0, -- How many files it does not have.
  PRIMARY KEY (task_id, number)
) STRICT, WITHOUT ROWID;
INSERT INTO checkpoints_new SELECT * FROM checkpoints;
DROP TABLE checkpoints;
ALTER TABLE checkpoints_new RENAME TO checkpoints;
`,
} as const;
