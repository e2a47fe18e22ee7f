/**
 * Reads counters: tokens and money by day, group, model and profile (usage-counters.ts); outcomes
 * and durations of attempts, which triggers keep.
 */
import type Database from "better-sqlite3";
import type { UsageKey } from "../../domain/task/usage-key.ts";
import { createStatements } from "./statements.ts";

export interface UsageSum {
  /** The day (YYYY-MM-DD, UTC), the group, the model or the profile. */
  readonly key: string;
  readonly results: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadInputTokens: number;
  readonly cacheCreationInputTokens: number;
  readonly costUsd: number;
}

export interface UsageFilter {
  readonly by: UsageKey;
  /** First and last day, YYYY-MM-DD, included. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** One row of a distribution: values above the row before and up to `uptoMs`. */
export interface HistogramRow {
  readonly uptoMs: number;
  readonly count: number;
  readonly sumMs: number;
}

export interface UsageStore {
  /** In the order of the key. */
  sums(filter: UsageFilter): UsageSum[];
  /** How attempts have ended since the database was made. */
  outcomes(): { outcome: string; count: number }[];
  /**
   * `wait`: submit to first start. `attempt`: start to end of an attempt. Lowest bound first; the
   * last row has no bound.
   */
  histogram(name: "wait" | "attempt"): HistogramRow[];
}

const columns: Readonly<Record<UsageKey, string>> = { day: "day", group: "group_name", model: "model", profile: "profile" };

export function createUsageStore(database: Database.Database): UsageStore {
  const statements = createStatements(database);
  const selectOutcomes = database.prepare<[], { outcome: string; count: number }>(
    "SELECT outcome, count FROM attempt_counts ORDER BY outcome",
  );
  const selectHistogram = database.prepare<[string], HistogramRow>(
    'SELECT upto_ms AS "uptoMs", count, sum_ms AS "sumMs" FROM histograms WHERE name = ? ORDER BY upto_ms',
  );
  return {
    sums: ({ by, since = "", until = "9999-12-31" }) => {
      const column = columns[by];
      const statement = statements.get(
        `SELECT ${column} AS key, sum(results) AS results, sum(input_tokens) AS "inputTokens", sum(output_tokens) AS "outputTokens",
           sum(cache_read_input_tokens) AS "cacheReadInputTokens", sum(cache_creation_input_tokens) AS "cacheCreationInputTokens", sum(cost_usd) AS "costUsd"
         FROM usage_by_day WHERE day BETWEEN ? AND ? GROUP BY ${column} ORDER BY ${column}`,
      );
      return statement.all(since, until) as UsageSum[];
    },
    outcomes: () => selectOutcomes.all(),
    histogram: (name) => selectHistogram.all(name),
  };
}
