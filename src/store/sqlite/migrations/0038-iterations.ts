/** Adds the iterations of loops. */

export const iterations = {
  number: 38,
  name: "iterations",
  sql: `
CREATE TABLE iterations (
  -- Turns of tasks that are loops, whose work was verified.
  task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE, -- The task.
  number INTEGER NOT NULL, -- 1, 2, 3 … within the task.
  attempt_id INTEGER NOT NULL, -- The attempt that ended it.
  session_id TEXT, -- The session that it worked in. NULL: not known.
  state TEXT NOT NULL CHECK (state IN ('passed', 'unfinished', 'failed')), -- What its verification said.
  exit_code INTEGER, -- Of the check that output_tail is of. NULL: it did not exit by itself.
  output_tail TEXT NOT NULL, -- The end of what the first check printed that did not pass, else the last check.
  tree TEXT, -- The Git tree of its files. NULL: not known.
  checkpoint INTEGER, -- The checkpoint with its files. NULL: there is none.
  took_ms INTEGER NOT NULL, -- How long it worked and was verified.
  ended_at INTEGER NOT NULL, -- When it ended.
  is_stale INTEGER NOT NULL DEFAULT 0, -- 1: the task began again since.
  result TEXT, -- What Claude said at its end.
  structured_result TEXT, -- The same as the task's JSON Schema asks for it.
  PRIMARY KEY (task_id, number)
) STRICT, WITHOUT ROWID;
`,
} as const;
