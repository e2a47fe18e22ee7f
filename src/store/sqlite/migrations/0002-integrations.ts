/**
 * Adds what integrations need: tokens, remembered submits, and counters of usage and attempts that
 * remain after tasks and servers.
 */

/** Triggers keep the counters, so that no code path can forget them and no count needs a scan. */
export const integrations = {
  number: 2,
  name: "integrations",
  sql: `
CREATE TABLE tokens (
  -- Access for programs over TCP. The secret itself is shown once and never kept.
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- Never used again.
  name TEXT NOT NULL UNIQUE, -- Whom or what it is for; shown as the caller.
  scope TEXT NOT NULL CHECK (scope IN ('read', 'submit', 'admin')), -- What it may do.
  hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64), -- SHA-256 of the secret, hexadecimal.
  hint TEXT NOT NULL, -- The secret's first characters, to tell tokens apart.
  created_at INTEGER NOT NULL, -- When it was made.
  expires_at INTEGER, -- Opens nothing from this moment on. NULL: never expires.
  last_used_at INTEGER -- When it was last used, to the minute. NULL: never.
) STRICT;

CREATE TABLE submissions (
  -- Submits with an idempotency key: the same key again gives the same tasks.
  id INTEGER PRIMARY KEY, -- In the order of arrival.
  caller TEXT NOT NULL, -- Who submitted: keys of different callers do not meet.
  key TEXT NOT NULL, -- The caller's key.
  fingerprint TEXT NOT NULL, -- SHA-256 of what was submitted, hexadecimal: another content under the same key is refused.
  task_ids TEXT NOT NULL CHECK (json_valid(task_ids)), -- JSON array of the tasks that came of it.
  created_at INTEGER NOT NULL, -- Forgotten a week after this.
  UNIQUE (caller, key)
) STRICT;

CREATE TABLE session_usage (
  -- The newest cumulative usage that each session reported: what the next report is compared with.
  session_id TEXT NOT NULL, -- Claude Code's conversation.
  model TEXT NOT NULL, -- The model's name.
  task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE, -- The task whose session it is.
  input_tokens INTEGER NOT NULL, -- Cumulative over the session, as all that follow.
  output_tokens INTEGER NOT NULL, -- Tokens written.
  cache_read_input_tokens INTEGER NOT NULL, -- Tokens read from the cache.
  cache_creation_input_tokens INTEGER NOT NULL, -- Tokens written to the cache.
  cost_usd REAL NOT NULL, -- US dollars.
  PRIMARY KEY (session_id, model)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_usage_by_task ON session_usage (task_id);

CREATE TABLE usage_by_day (
  -- Tokens and money by day, group and model; kept by a trigger from the sessions' reports. Stays when tasks are removed.
  day TEXT NOT NULL, -- YYYY-MM-DD, UTC.
  group_name TEXT NOT NULL, -- The task's group.
  model TEXT NOT NULL, -- The model's name.
  results INTEGER NOT NULL, -- How many reports added to it.
  input_tokens INTEGER NOT NULL, -- Tokens read.
  output_tokens INTEGER NOT NULL, -- Tokens written.
  cache_read_input_tokens INTEGER NOT NULL, -- Tokens read from the cache.
  cache_creation_input_tokens INTEGER NOT NULL, -- Tokens written to the cache.
  cost_usd REAL NOT NULL, -- US dollars.
  PRIMARY KEY (day, group_name, model)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt_counts (
  -- How attempts ended, since the database was made; kept by a trigger.
  outcome TEXT PRIMARY KEY, -- The outcome's kind.
  count INTEGER NOT NULL -- Attempts that ended so.
) STRICT, WITHOUT ROWID;

CREATE TABLE histograms (
  -- Distributions since the database was made; kept by triggers. Each value is counted in one row: the first that it fits below.
  name TEXT NOT NULL, -- wait: submit to first start. attempt: start to end of an attempt.
  upto_ms INTEGER NOT NULL, -- The row's upper bound in milliseconds, included. The last row's is beyond every value.
  count INTEGER NOT NULL DEFAULT 0, -- Values in the row.
  sum_ms INTEGER NOT NULL DEFAULT 0, -- Their sum.
  PRIMARY KEY (name, upto_ms)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER usage_counted AFTER INSERT ON events WHEN NEW.type = 'result' AND json_type(NEW.data, '$.usage') = 'object' BEGIN
  INSERT INTO usage_by_day (day, group_name, model, results, input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens, cost_usd)
    SELECT date(NEW.at / 1000, 'unixepoch'), tasks.group_name, report.model, 1,
      -- A number smaller than the one before is not a continuation: the session began anew under its old id.
      report.input_tokens - iif(report.input_tokens >= seen.input_tokens, seen.input_tokens, 0),
      report.output_tokens - iif(report.output_tokens >= seen.output_tokens, seen.output_tokens, 0),
      report.cache_read_input_tokens - iif(report.cache_read_input_tokens >= seen.cache_read_input_tokens, seen.cache_read_input_tokens, 0),
      report.cache_creation_input_tokens - iif(report.cache_creation_input_tokens >= seen.cache_creation_input_tokens, seen.cache_creation_input_tokens, 0),
      report.cost_usd - iif(report.cost_usd >= seen.cost_usd, seen.cost_usd, 0)
    FROM (
      SELECT key AS model, CAST(coalesce(value ->> 'input_tokens', 0) AS INTEGER) AS input_tokens,
        CAST(coalesce(value ->> 'output_tokens', 0) AS INTEGER) AS output_tokens,
        CAST(coalesce(value ->> 'cache_read_input_tokens', 0) AS INTEGER) AS cache_read_input_tokens,
        CAST(coalesce(value ->> 'cache_creation_input_tokens', 0) AS INTEGER) AS cache_creation_input_tokens,
        CAST(coalesce(value ->> 'cost_usd', 0) AS REAL) AS cost_usd
      FROM json_each(NEW.data, '$.usage') WHERE type = 'object'
    ) AS report
    JOIN tasks ON tasks.id = NEW.task_id
    LEFT JOIN session_usage AS seen ON seen.model = report.model
      AND seen.session_id = coalesce((SELECT session_id FROM attempts WHERE id = NEW.attempt_id), 'task:' || NEW.task_id)
    WHERE true
    ON CONFLICT (day, group_name, model) DO UPDATE SET
      results = results + 1,
      input_tokens = input_tokens + excluded.input_tokens,
      output_tokens = output_tokens + excluded.output_tokens,
      cache_read_input_tokens = cache_read_input_tokens + excluded.cache_read_input_tokens,
      cache_creation_input_tokens = cache_creation_input_tokens + excluded.cache_creation_input_tokens,
      cost_usd = cost_usd + excluded.cost_usd;
  INSERT OR REPLACE INTO session_usage (session_id, model, task_id, input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens, cost_usd)
    SELECT coalesce((SELECT session_id FROM attempts WHERE id = NEW.attempt_id), 'task:' || NEW.task_id), report.model, NEW.task_id,
      report.input_tokens, report.output_tokens, report.cache_read_input_tokens, report.cache_creation_input_tokens, report.cost_usd
    FROM (
      SELECT key AS model, CAST(coalesce(value ->> 'input_tokens', 0) AS INTEGER) AS input_tokens,
        CAST(coalesce(value ->> 'output_tokens', 0) AS INTEGER) AS output_tokens,
        CAST(coalesce(value ->> 'cache_read_input_tokens', 0) AS INTEGER) AS cache_read_input_tokens,
        CAST(coalesce(value ->> 'cache_creation_input_tokens', 0) AS INTEGER) AS cache_creation_input_tokens,
        CAST(coalesce(value ->> 'cost_usd', 0) AS REAL) AS cost_usd
      FROM json_each(NEW.data, '$.usage') WHERE type = 'object'
    ) AS report;
END;
CREATE TRIGGER waits_counted AFTER INSERT ON attempts WHEN NEW.number = 1 BEGIN
  UPDATE histograms SET count = count + 1, sum_ms = sum_ms + max(0, NEW.started_at - (SELECT created_at FROM tasks WHERE id = NEW.task_id))
    WHERE name = 'wait' AND upto_ms = (SELECT upto_ms FROM histograms WHERE name = 'wait'
      AND upto_ms >= NEW.started_at - (SELECT created_at FROM tasks WHERE id = NEW.task_id) ORDER BY upto_ms LIMIT 1);
END;
CREATE TRIGGER attempts_counted AFTER UPDATE OF ended_at ON attempts WHEN OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL BEGIN
  INSERT INTO attempt_counts (outcome, count) VALUES (coalesce(NEW.outcome ->> 'kind', 'unknown'), 1)
    ON CONFLICT (outcome) DO UPDATE SET count = count + 1;
  UPDATE histograms SET count = count + 1, sum_ms = sum_ms + max(0, NEW.ended_at - NEW.started_at)
    WHERE name = 'attempt' AND upto_ms = (SELECT upto_ms FROM histograms WHERE name = 'attempt'
      AND upto_ms >= NEW.ended_at - NEW.started_at ORDER BY upto_ms LIMIT 1);
END;

INSERT INTO histograms (name, upto_ms)
  SELECT names.value, bounds.value FROM json_each('["wait", "attempt"]') AS names
  JOIN json_each('[100, 500, 1000, 5000, 15000, 60000, 300000, 900000, 3600000, 21600000, 86400000, 9007199254740991]') AS bounds;
`,
} as const;
