/**
 * Counts what was used by profile, too, and keeps which profile a task asked for that runs under
 * another one.
 */

export const profileUsage = {
  number: 58,
  name: "profile-usage",
  sql: `
ALTER TABLE tasks ADD COLUMN profile_asked TEXT; -- The profile that it asked for, while it runs under the one that pays instead. NULL: it has what it asked for.

DROP TRIGGER spending_counted;
ALTER TABLE usage_by_day RENAME TO usage_before;
CREATE TABLE usage_by_day (
  -- Tokens and money by day, group, model and profile; kept by triggers from the sessions' reports. Stays when tasks are removed.
  day TEXT NOT NULL, -- YYYY-MM-DD, UTC.
  group_name TEXT NOT NULL, -- The task's group.
  model TEXT NOT NULL, -- The model's name.
  profile TEXT NOT NULL, -- The credentials that it ran with.
  results INTEGER NOT NULL, -- How many reports added to it.
  input_tokens INTEGER NOT NULL, -- Tokens read.
  output_tokens INTEGER NOT NULL, -- Tokens written.
  cache_read_input_tokens INTEGER NOT NULL, -- Tokens read from the cache.
  cache_creation_input_tokens INTEGER NOT NULL, -- Tokens written to the cache.
  cost_usd REAL NOT NULL, -- US dollars.
  PRIMARY KEY (day, group_name, model, profile)
) STRICT, WITHOUT ROWID;
INSERT INTO usage_by_day (day, group_name, model, profile, results, input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens, cost_usd)
  SELECT day, group_name, model, 'default', results, input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens, cost_usd FROM usage_before;
DROP TABLE usage_before;

CREATE TRIGGER spending_counted AFTER UPDATE OF session_spent ON attempts WHEN NEW.session_spent ->> '$.base' = 0 BEGIN
  INSERT INTO usage_by_day (day, group_name, model, profile, results, input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens, cost_usd)
    SELECT date((NEW.session_spent ->> '$.at') / 1000, 'unixepoch'), tasks.group_name, report.model, coalesce(tasks.profile, 'default'), 0,
      report.input_tokens - iif(report.input_tokens >= seen.input_tokens, seen.input_tokens, 0), report.output_tokens - iif(report.output_tokens >= seen.output_tokens, seen.output_tokens, 0), report.cache_read_input_tokens - iif(report.cache_read_input_tokens >= seen.cache_read_input_tokens, seen.cache_read_input_tokens, 0), report.cache_creation_input_tokens - iif(report.cache_creation_input_tokens >= seen.cache_creation_input_tokens, seen.cache_creation_input_tokens, 0), report.cost_usd - iif(report.cost_usd >= seen.cost_usd, seen.cost_usd, 0)
    FROM (SELECT key AS model, CAST(coalesce(value ->> 'inputTokens', 0) AS INTEGER) AS input_tokens, CAST(coalesce(value ->> 'outputTokens', 0) AS INTEGER) AS output_tokens, CAST(coalesce(value ->> 'cacheReadInputTokens', 0) AS INTEGER) AS cache_read_input_tokens, CAST(coalesce(value ->> 'cacheCreationInputTokens', 0) AS INTEGER) AS cache_creation_input_tokens, CAST(coalesce(value ->> 'costUsd', 0) AS REAL) AS cost_usd FROM json_each(NEW.session_spent, '$.usage') WHERE type = 'object') AS report
    JOIN tasks ON tasks.id = NEW.task_id
    LEFT JOIN session_usage AS seen ON seen.model = report.model AND seen.session_id = coalesce(NEW.session_id, 'task:' || NEW.task_id)
    WHERE true
    ON CONFLICT (day, group_name, model, profile) DO UPDATE SET
      input_tokens = input_tokens + excluded.input_tokens, output_tokens = output_tokens + excluded.output_tokens, cache_read_input_tokens = cache_read_input_tokens + excluded.cache_read_input_tokens, cache_creation_input_tokens = cache_creation_input_tokens + excluded.cache_creation_input_tokens, cost_usd = cost_usd + excluded.cost_usd;
  INSERT OR REPLACE INTO session_usage (session_id, model, task_id, input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens, cost_usd)
    SELECT coalesce(NEW.session_id, 'task:' || NEW.task_id), report.model, NEW.task_id, report.input_tokens, report.output_tokens, report.cache_read_input_tokens, report.cache_creation_input_tokens, report.cost_usd FROM (SELECT key AS model, CAST(coalesce(value ->> 'inputTokens', 0) AS INTEGER) AS input_tokens, CAST(coalesce(value ->> 'outputTokens', 0) AS INTEGER) AS output_tokens, CAST(coalesce(value ->> 'cacheReadInputTokens', 0) AS INTEGER) AS cache_read_input_tokens, CAST(coalesce(value ->> 'cacheCreationInputTokens', 0) AS INTEGER) AS cache_creation_input_tokens, CAST(coalesce(value ->> 'costUsd', 0) AS REAL) AS cost_usd FROM json_each(NEW.session_spent, '$.usage') WHERE type = 'object') AS report;
END;
`,
} as const;
