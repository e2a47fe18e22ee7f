/**
 * Adds the count of attempts that break off with progress, and holds for an API that is not
 * reachable.
 */

export const setbacks = {
  number: 12,
  name: "setbacks",
  sql: `
ALTER TABLE tasks ADD COLUMN setbacks INTEGER NOT NULL DEFAULT 0 CHECK (setbacks >= 0); -- Attempts in a row that broke off for a reason that may lie in the task, with progress or without.
ALTER TABLE tasks ADD COLUMN cut_call TEXT; -- The tool call under way at the last death.

ALTER TABLE holds RENAME TO holds_before;
CREATE TABLE holds (
  -- Reasons why nothing may start now.
  kind TEXT NOT NULL CHECK (kind IN ('rate_limited', 'overage', 'auth_failed', 'unavailable', 'manual', 'storage', 'unreachable')), -- What holds.
  scope TEXT NOT NULL, -- Whom it holds: all, account:<fingerprint>, account:<fingerprint>/model:<name>, group:<name>.
  message TEXT NOT NULL, -- A sentence for people.
  until INTEGER, -- Lifts by itself at this moment. NULL: a probe or a person lifts it.
  since INTEGER NOT NULL, -- When it was first put.
  PRIMARY KEY (kind, scope)
) STRICT, WITHOUT ROWID;
INSERT INTO holds (kind, scope, message, until, since) SELECT kind, scope, message, until, since FROM holds_before;
DROP TABLE holds_before;
`,
} as const;
