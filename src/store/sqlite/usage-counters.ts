/**
 * Counts tokens and money by day, group, model and profile, when a result is stored. usage.ts reads
 * the counters.
 */
import type Database from "better-sqlite3";

/** A stored event with what a result of Claude Code reports. */
interface StoredResult {
  readonly taskId: number;
  readonly attemptId: number | null;
  readonly at: number;
  /** JSON. */
  readonly data: string;
}

/**
 * Inside `write`, after the event is stored. A result without a usage counts nothing. One of an
 * attempt with running totals (`attempts.session_spent`) adds no tokens and no money: a trigger
 * counts those of the totals, and a result may be stored behind them in the same write.
 */
export type CountUsage = (result: StoredResult) => void;

/** The counters on one connection. */
export function createUsageCounters(database: Database.Database): CountUsage {
  const session = "coalesce((SELECT session_id FROM attempts WHERE id = @attemptId), 'task:' || @taskId)";
  const whole = (field: string): string => `CAST(coalesce(value ->> '${field}', 0) AS INTEGER) AS ${field}`;
  const report = `(SELECT key AS model, ${counted.map(whole).join(", ")}, CAST(coalesce(value ->> 'cost_usd', 0) AS REAL) AS cost_usd
     FROM json_each(@data, '$.usage') WHERE type = 'object') AS report`;
  // Reports are cumulative over a session. A number smaller than the one before is not a
  // continuation: the session began again under its old id.
  const more = (field: string): string => `report.${field} - iif(report.${field} >= seen.${field}, seen.${field}, 0)`;
  const sums = [...counted, "cost_usd"];
  const add = database.prepare<StoredResult>(
    `INSERT INTO usage_by_day (day, group_name, model, profile, results, ${sums.join(", ")})
     SELECT date(@at / 1000, 'unixepoch'), tasks.group_name, report.model, coalesce(tasks.profile, 'default'), 1, ${sums.map(more).join(", ")}
     FROM ${report} JOIN tasks ON tasks.id = @taskId LEFT JOIN session_usage AS seen ON seen.model = report.model AND seen.session_id = ${session}
     WHERE true
     ON CONFLICT (day, group_name, model, profile) DO UPDATE SET
       results = results + 1, ${sums.map((field) => `${field} = ${field} + excluded.${field}`).join(", ")}`,
  );
  const remember = database.prepare<StoredResult>(
    `INSERT OR REPLACE INTO session_usage (session_id, model, task_id, ${sums.join(", ")})
     SELECT ${session}, report.model, @taskId, ${sums.map((field) => `report.${field}`).join(", ")} FROM ${report}`,
  );
  const hasTotals = database
    .prepare<[number | null], number>("SELECT count(*) FROM attempts WHERE id = ? AND session_spent IS NOT NULL")
    .pluck();
  const addResult = database.prepare<StoredResult>(
    `INSERT INTO usage_by_day (day, group_name, model, profile, results, ${sums.join(", ")})
     SELECT date(@at / 1000, 'unixepoch'), tasks.group_name, report.model, coalesce(tasks.profile, 'default'), 1, ${sums.map(() => "0").join(", ")}
     FROM ${report} JOIN tasks ON tasks.id = @taskId
     WHERE true
     ON CONFLICT (day, group_name, model, profile) DO UPDATE SET results = results + 1`,
  );
  return (result) => {
    if (hasTotals.get(result.attemptId) === 1) return void addResult.run(result);
    add.run(result);
    remember.run(result);
  };
}

const counted = ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"] as const;
