/** Adds comments on lines of what a task changed. */

export const reviewComments = {
  number: 41,
  name: "review-comments",
  sql: `
CREATE TABLE review_comments (
  -- Comments on lines of what a task changed.
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- Never used again.
  task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE, -- The task.
  path TEXT NOT NULL, -- The file, as the difference names it.
  old_path TEXT, -- The name of the file before. NULL: the same.
  side TEXT NOT NULL CHECK (side IN ('old', 'new')), -- Whether the lines are of the state before or after.
  start_line INTEGER NOT NULL, -- The first line.
  line INTEGER NOT NULL, -- The last line.
  code TEXT NOT NULL CHECK (json_valid(code)), -- JSON list: the lines, each as in a hunk. Long ones are cut.
  since INTEGER, -- The checkpoint before. NULL: the commit that the task's worktree began with.
  from_commit TEXT NOT NULL, -- The commit of the state before.
  checkpoint INTEGER NOT NULL, -- The checkpoint after.
  to_commit TEXT NOT NULL, -- Its commit.
  body TEXT NOT NULL, -- What is said.
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'sent', 'handled')), -- Where it stands, without a look at the files.
  message_id INTEGER, -- The message that took it. NULL: none.
  judged_commit TEXT, -- The snapshot at the end of the attempt that took it. NULL: a person decided, or it is open.
  stays_open INTEGER NOT NULL DEFAULT 0 CHECK (stays_open IN (0, 1)), -- 1: opened again although its lines had changed.
  written_by TEXT NOT NULL, -- Who wrote it: socket, or the name of a token.
  by_agent INTEGER NOT NULL CHECK (by_agent IN (0, 1)), -- Whether an agent wrote it.
  created_at INTEGER NOT NULL, -- When it was written.
  updated_at INTEGER NOT NULL, -- When its text or its state last changed.
  CHECK ((message_id IS NULL) <= (state <> 'sent'))
) STRICT;
CREATE INDEX review_comments_of_task ON review_comments (task_id, id);
`,
} as const;
