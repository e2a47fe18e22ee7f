/** Adds the reserve of a subscription's limits: its holds, and tasks that ignore it. */

export const reserve = {
  number: 46,
  name: "reserve",
  sql: `
ALTER TABLE holds RENAME TO holds_before;
CREATE TABLE holds (
  -- Reasons why nothing may start now.
  kind TEXT NOT NULL CHECK (kind IN ('rate_limited', 'overage', 'auth_failed', 'unavailable', 'manual', 'storage', 'unreachable', 'reserve', 'reserve_hard')), -- What holds.
  scope TEXT NOT NULL, -- Whom it holds: all, account:<fingerprint>, account:<fingerprint>/model:<name>, group:<name>.
  message TEXT NOT NULL, -- A sentence for people.
  until INTEGER, -- Lifts by itself at this moment. NULL: a probe or a person lifts it.
  since INTEGER NOT NULL, -- When it was first put.
  PRIMARY KEY (kind, scope)
) STRICT, WITHOUT ROWID;
INSERT INTO holds (kind, scope, message, until, since) SELECT kind, scope, message, until, since FROM holds_before;
DROP TABLE holds_before;

ALTER TABLE accounts ADD COLUMN looked_at INTEGER; -- When its limits were last asked for. NULL: never.
ALTER TABLE accounts ADD COLUMN look_problem TEXT; -- Why that gave no figures. NULL: it gave some.
ALTER TABLE accounts ADD COLUMN let_through_at INTEGER; -- When a task last started although its figures say that the reserve is reached. NULL: never.
ALTER TABLE accounts ADD COLUMN reserve_free_until INTEGER; -- A person has given the reserve up until then. NULL: never.

ALTER TABLE tasks ADD COLUMN ignore_reserve INTEGER GENERATED ALWAYS AS (coalesce(options ->> '$.ignoreReserve', 0)) VIRTUAL; -- For the starting order: whether it may use the reserve.
CREATE INDEX tasks_ignoring_reserve ON tasks (id) WHERE status = 'pending' AND unmet = 0 AND stashed_at IS NULL AND ignore_reserve = 1;
`,
} as const;
