/** Makes the views of usage and statistics from counters of the store. */
import type { UsageQuery } from "../../contract/operations/server.ts";
import type { Histogram, Statistics } from "../../contract/views/statistics.ts";
import type { UsageView } from "../../contract/views/usage.ts";
import type { Store } from "../../store/store.ts";
import type { HistogramRow, UsageSum } from "../../store/sqlite/usage.ts";

type UsageSumView = UsageView["usage"][number];

/** The usage view for a query: sums by day, model, group or profile. */
export function usageOf(store: Store, query: UsageQuery, accounts: Pick<UsageView, "account" | "profiles">): UsageView {
  const usage = store.usage.sums(query).map(sumView);
  return { by: query.by, usage, total: totalOf(usage), ...accounts };
}

export function statisticsOf(store: Store): Statistics {
  return {
    waits: histogramOf(store.usage.histogram("wait")),
    attempts: histogramOf(store.usage.histogram("attempt")),
    outcomes: store.usage.outcomes(),
    events: store.events.lastId(),
    notifications: notificationsOf(store),
    usage: store.usage.sums({ by: "model" }).map(sumView),
  };
}

function notificationsOf(store: Store): Statistics["notifications"] {
  const counts = store.notifications.counts();
  const sum = (state: "pending" | "dead"): number => counts.reduce((total, each) => total + each[state], 0);
  return { pending: sum("pending"), dead: sum("dead") };
}

function sumView(sum: UsageSum): UsageSumView {
  return {
    key: sum.key,
    results: sum.results,
    input_tokens: sum.inputTokens,
    output_tokens: sum.outputTokens,
    cache_read_input_tokens: sum.cacheReadInputTokens,
    cache_creation_input_tokens: sum.cacheCreationInputTokens,
    cost_usd: rounded(sum.costUsd),
  };
}

function totalOf(usage: readonly UsageSumView[]): UsageView["total"] {
  const total = (field: Exclude<keyof UsageSumView, "key">): number => usage.reduce((sum, each) => sum + each[field], 0);
  return {
    results: total("results"),
    input_tokens: total("input_tokens"),
    output_tokens: total("output_tokens"),
    cache_read_input_tokens: total("cache_read_input_tokens"),
    cache_creation_input_tokens: total("cache_creation_input_tokens"),
    cost_usd: rounded(total("cost_usd")),
  };
}

/** Sums of binary fractions end in noise; a billionth of a dollar is precise enough. */
function rounded(costUsd: number): number {
  return Math.round(costUsd * 1e9) / 1e9;
}

function histogramOf(rows: readonly HistogramRow[]): Histogram {
  return {
    rows: rows.map(({ uptoMs, count }) => ({ upto_ms: uptoMs === Number.MAX_SAFE_INTEGER ? null : uptoMs, count })),
    sum_ms: rows.reduce((sum, row) => sum + row.sumMs, 0),
  };
}
