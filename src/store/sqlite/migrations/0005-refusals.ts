/**
 * Adds refusals of the model's API by task, holds by account, probes, and the report of each
 * account.
 */

export const refusals = {
  number: 5,
  name: "refusals",
  sql: `
ALTER TABLE tasks ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0 CHECK (refusals >= 0); -- How often in a row the API refused it in the same way, without a step in between.
ALTER TABLE tasks ADD COLUMN refusal TEXT; -- How it was refused last: kind, HTTP status where it matters, account.
ALTER TABLE tasks ADD COLUMN refused_at INTEGER; -- When it was refused last.

DROP INDEX tasks_delayed;
CREATE INDEX tasks_delayed ON tasks (not_before, priority, refusals) WHERE status = 'pending' AND not_before IS NOT NULL;
CREATE INDEX tasks_refused ON tasks (refusal, refused_at) WHERE refusal IS NOT NULL;

ALTER TABLE attempts ADD COLUMN account TEXT; -- Fingerprint of the account whose sign-in it was started with. NULL: not known.

ALTER TABLE holds RENAME TO holds_before;
CREATE TABLE holds (
  -- Reasons why nothing may start now.
  kind TEXT NOT NULL CHECK (kind IN ('rate_limited', 'overage', 'auth_failed', 'unavailable', 'manual', 'storage')), -- What holds.
  scope TEXT NOT NULL, -- Whom it holds: all, account:<fingerprint>, account:<fingerprint>/model:<name>, group:<name>.
  message TEXT NOT NULL, -- A sentence for people.
  until INTEGER, -- Lifts by itself at this moment. NULL: a probe or a person lifts it.
  since INTEGER NOT NULL, -- When it was first put.
  PRIMARY KEY (kind, scope)
) STRICT, WITHOUT ROWID;
INSERT INTO holds (kind, scope, message, until, since) SELECT kind, scope, message, until, since FROM holds_before;
DROP TABLE holds_before;

CREATE TABLE probes (
  -- Probes to come: one small request of Claude Code that shows whether a refusal concerns the whole account.
  refusal TEXT PRIMARY KEY, -- What it looks for, in the words of tasks.refusal.
  kind TEXT NOT NULL, -- Kind of the hold that it puts or lifts.
  scope TEXT NOT NULL, -- Scope of that hold.
  model TEXT, -- Model of the refused task. NULL: Claude Code's default.
  message TEXT NOT NULL, -- What the API said.
  at INTEGER NOT NULL, -- When it is due.
  tries INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0) -- How many probes there were for it.
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
  -- What is known of each account that tasks ran with.
  fingerprint TEXT PRIMARY KEY, -- Names the account without holding its credential.
  worked_at INTEGER, -- When a request of it last succeeded. NULL: not known.
  reported_at INTEGER, -- When it last reported its limits. NULL: never.
  report TEXT CHECK (json_valid(report)) -- JSON object: use of each limit's window, and paid overage.
) STRICT, WITHOUT ROWID;
`,
} as const;
