/** Adds the watches of pull requests, and what each has seen. */

export const pullRequestWatches = {
  number: 44,
  name: "pull-request-watches",
  sql: `
CREATE TABLE pull_request_watches (
  -- Pull requests of tasks: what is new there is said to the task. One a task; a new watch replaces an ended one.
  task_id INTEGER PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE, -- The task.
  url TEXT NOT NULL, -- The address of the pull request.
  number INTEGER NOT NULL, -- Its number.
  state TEXT NOT NULL CHECK (state IN ('on', 'off', 'merged', 'closed', 'used_up', 'expired', 'forbidden', 'failed')), -- Whether it is looked at, or why not any more.
  caller_name TEXT NOT NULL, -- Who asked for it.
  caller_scope TEXT NOT NULL, -- The scope of that caller.
  token_id INTEGER, -- The token of that caller. NULL: the owner of the server.
  max_messages INTEGER NOT NULL, -- So many messages it may send.
  messages INTEGER NOT NULL DEFAULT 0, -- So many it has sent.
  left_out INTEGER NOT NULL DEFAULT 0, -- Comments of authors without write access.
  left_out_unsaid INTEGER NOT NULL DEFAULT 0, -- Those of them that no message has named.
  left_out_authors TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(left_out_authors)), -- JSON array: their authors, the newest ones.
  quiet INTEGER NOT NULL DEFAULT 0, -- Looks in a row without news.
  failures INTEGER NOT NULL DEFAULT 0, -- Looks in a row that failed.
  problem TEXT, -- Why the last look failed, or the watch ended. NULL: neither.
  held_since INTEGER, -- Since when news waits for checks. NULL: there is none.
  looked_at INTEGER, -- The last look. NULL: there was none.
  look_at INTEGER NOT NULL, -- The next look.
  started_at INTEGER NOT NULL, -- When it was asked for.
  ended_at INTEGER -- When it ended. NULL: it is on.
) STRICT;
CREATE INDEX due_pull_requests ON pull_request_watches (look_at) WHERE state = 'on';
CREATE TABLE pull_request_seen (
  -- What was said to the task, or left out: it is not said again.
  task_id INTEGER NOT NULL REFERENCES pull_request_watches (task_id) ON DELETE CASCADE, -- The task.
  key TEXT NOT NULL, -- Names a comment, a review or the end of a check.
  PRIMARY KEY (task_id, key)
) STRICT, WITHOUT ROWID;
`,
} as const;
