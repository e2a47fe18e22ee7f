/** Where tasks' files are in git, and the snapshots of them. */

export const workspaces = {
  number: 29,
  name: "workspaces",
  sql: `
CREATE TABLE workspaces (
  -- Where a task's files are: in the directory that it was given, or in a git worktree of its own.
  task_id INTEGER PRIMARY KEY, -- The task. No reference: a worktree can outlive its task.
  kind TEXT NOT NULL CHECK (kind IN ('in_place', 'worktree')), -- Whether the task works in the directory that it was given.
  state TEXT CHECK (state IN ('creating', 'ready', 'kept', 'trashed', 'gone')), -- Where a worktree stands. NULL: in place.
  path TEXT NOT NULL, -- The top of the work tree. Outside of git: the working directory.
  repository TEXT, -- The common git directory. NULL: it is not in git.
  branch TEXT, -- The branch of HEAD. NULL: HEAD is detached, or not known.
  base_commit TEXT, -- The commit that the task began with. NULL: there was none.
  head_commit TEXT, -- The commit of HEAD at the last snapshot. NULL: there was none.
  changes TEXT CHECK (json_valid(changes)), -- JSON object: files, insertions and deletions since the task's beginning. NULL: not counted.
  is_dirty INTEGER CHECK (is_dirty IN (0, 1)), -- Whether files differed from HEAD at the last snapshot. NULL: there is none.
  problem TEXT, -- Why there are no snapshots. NULL: there are.
  CHECK ((kind = 'worktree') = (state IS NOT NULL))
) STRICT;

CREATE TABLE checkpoints (
  -- Snapshots of tasks' files: commits in the repository of each task.
  task_id INTEGER NOT NULL, -- The task. No reference: the ref in the repository is removed first.
  number INTEGER NOT NULL CHECK (number > 0), -- 1, 2, 3 … within the task.
  attempt_id INTEGER NOT NULL, -- The attempt that made it.
  reason TEXT NOT NULL CHECK (reason IN ('start', 'turn', 'park', 'end')), -- When it was made: before an attempt's first step, after a turn, before a wait without a process, at an attempt's end.
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
`,
} as const;
