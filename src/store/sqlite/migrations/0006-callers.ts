/**
 * Adds the caller of each task, so that the caller's rights can be checked at every start. Names
 * accounts by the token's id.
 */

/** Rows that were stored under a token's name now belong to the token that has the name. */
export const callers = {
  number: 6,
  name: "callers",
  sql: `
CREATE TABLE task_callers (
  -- Who asked for a task, last: at its submit or at a retry. Its rights are checked at every start. Tasks of earlier versions have no row.
  task_id INTEGER PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE, -- The task.
  name TEXT NOT NULL, -- The caller as events name it.
  scope TEXT NOT NULL CHECK (scope IN ('read', 'submit', 'admin')), -- What the caller may do.
  token_id INTEGER, -- The token; NULL: the server's owner. No reference: a token that is gone is what the check looks for.
  is_agent INTEGER NOT NULL CHECK (is_agent IN (0, 1)) -- Whether an agent asked.
) STRICT;

UPDATE submissions SET caller = (SELECT 'token#' || id FROM tokens WHERE caller = 'token:' || name)
  WHERE caller <> 'token:local' AND EXISTS (SELECT 1 FROM tokens WHERE caller = 'token:' || name);
UPDATE agent_tasks SET client = substr(client, 1, instr(client, ' ') - 1) WHERE client LIKE 'socket %' OR client LIKE 'token:local %';
`,
} as const;
