/** Adds budgets, and what was spent when, of what. */

export const budgets = {
  number: 47,
  name: "budgets",
  sql: `
CREATE TABLE budgets (
  -- How much may be spent in a day, week or month.
  scope TEXT NOT NULL, -- What it is of: all, group:NAME, label:KEY=VALUE.
  period TEXT NOT NULL CHECK (period IN ('day', 'week', 'month')), -- In the time zone of the settings.
  limit_usd REAL NOT NULL CHECK (limit_usd > 0), -- US dollars.
  is_hard INTEGER NOT NULL DEFAULT 0 CHECK (is_hard IN (0, 1)), -- Whether it also interrupts what runs.
  created_at INTEGER NOT NULL, -- When it was set first.
  PRIMARY KEY (scope, period)
) STRICT, WITHOUT ROWID;

CREATE TABLE spending (
  -- What tasks have spent, in quarters of an hour: days of every time zone are made of these. Stays when tasks are removed.
  scope TEXT NOT NULL, -- As in budgets; a task counts for all, its group, its labels, and those of the task at the top of its tree.
  slot INTEGER NOT NULL, -- Quarters of an hour since 1970, UTC.
  usd REAL NOT NULL, -- US dollars. A correction may make it smaller.
  PRIMARY KEY (scope, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE budget_notices (
  -- Which budgets were reported as nearly spent or spent, so that each is reported once in a period.
  scope TEXT NOT NULL, -- As in budgets.
  period TEXT NOT NULL, -- As in budgets.
  starts_at INTEGER NOT NULL, -- The period's beginning.
  level TEXT NOT NULL CHECK (level IN ('near', 'spent')), -- What was reported.
  limit_usd REAL NOT NULL, -- The budget then: a larger one is reported again.
  PRIMARY KEY (scope, period, starts_at, level, limit_usd)
) STRICT, WITHOUT ROWID;

-- Earlier versions counted by days of UTC: each counts at its noon.
INSERT INTO spending (scope, slot, usd)
  SELECT 'group:' || group_name, unixepoch(day) / 900 + 48, sum(cost_usd) FROM usage_by_day
  WHERE day > date('now', '-62 days') GROUP BY group_name, day;
INSERT INTO spending (scope, slot, usd)
  SELECT 'all', unixepoch(day) / 900 + 48, sum(cost_usd) FROM usage_by_day WHERE day > date('now', '-62 days') GROUP BY day;
`,
} as const;
