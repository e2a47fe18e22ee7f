/**
 * Adds the costs of running attempts, so that the usage by day counts them before a result and
 * without one.
 */

const columns = ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "cost_usd"] as const;
const fields = ["inputTokens", "outputTokens", "cacheReadInputTokens", "cacheCreationInputTokens", "costUsd"] as const;

/** The reported session, as in the trigger `usage_counted`. */
const session = "coalesce(NEW.session_id, 'task:' || NEW.task_id)";
const report = `(SELECT key AS model, ${columns
  .map((column, index) => `CAST(coalesce(value ->> '${fields[index]}', 0) AS ${column === "cost_usd" ? "REAL" : "INTEGER"}) AS ${column}`)
  .join(", ")} FROM json_each(NEW.session_spent, '$.usage') WHERE type = 'object') AS report`;

export const runningCost = {
  number: 7,
  name: "running-cost",
  sql: `
ALTER TABLE attempts ADD COLUMN session_spent TEXT CHECK (json_valid(session_spent)); -- JSON object: the session's running total of money and tokens, as this attempt last reported it.

CREATE TRIGGER session_resumed AFTER UPDATE OF session_spent ON attempts WHEN NEW.session_spent ->> '$.base' = 1 BEGIN
  -- Claude Code continues from what the session saved, which is less than was counted when the session was killed.
  DELETE FROM session_usage WHERE session_id = ${session};
  INSERT INTO session_usage (session_id, model, task_id, ${columns.join(", ")})
    SELECT ${session}, report.model, NEW.task_id, ${columns.map((column) => `report.${column}`).join(", ")} FROM ${report};
END;
CREATE TRIGGER spending_counted AFTER UPDATE OF session_spent ON attempts WHEN NEW.session_spent ->> '$.base' = 0 BEGIN
  INSERT INTO usage_by_day (day, group_name, model, results, ${columns.join(", ")})
    SELECT date((NEW.session_spent ->> '$.at') / 1000, 'unixepoch'), tasks.group_name, report.model, 0,
      ${columns.map((column) => `report.${column} - iif(report.${column} >= seen.${column}, seen.${column}, 0)`).join(", ")}
    FROM ${report}
    JOIN tasks ON tasks.id = NEW.task_id
    LEFT JOIN session_usage AS seen ON seen.model = report.model AND seen.session_id = ${session}
    WHERE true
    ON CONFLICT (day, group_name, model) DO UPDATE SET
      ${columns.map((column) => `${column} = ${column} + excluded.${column}`).join(", ")};
  INSERT OR REPLACE INTO session_usage (session_id, model, task_id, ${columns.join(", ")})
    SELECT ${session}, report.model, NEW.task_id, ${columns.map((column) => `report.${column}`).join(", ")} FROM ${report};
END;
`,
} as const;
