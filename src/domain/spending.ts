/** What a task has cost over all of its sessions. Claude Code counts per session: each result carries the session's running total. */
import type { ModelUsage } from "./task.ts";

export interface Spending {
  /** US dollars; null: not known. */
  readonly costUsd: number | null;
  readonly usage: Readonly<Record<string, ModelUsage>> | null;
}

/** The task's total after one session's running total went from `before` (null: the session is new) to `after`. */
export function spentInAll(total: Spending, before: Spending | null, after: Spending): Spending {
  // A result that was recovered from the session knows no money. Only these two: a caller may hand in a whole task, and writes what comes back.
  if (after.costUsd === null) return { costUsd: total.costUsd, usage: total.usage };
  return {
    costUsd: Math.max(0, (total.costUsd ?? 0) - (before?.costUsd ?? 0)) + after.costUsd,
    usage: usageInAll(total.usage ?? {}, before?.usage ?? {}, after.usage ?? {}),
  };
}

/** The budget that is left for the next attempt; null: there is no limit. Never 0, which Claude Code would not take for a limit. */
export function budgetLeftUsd(maxBudgetUsd: number | null, spentUsd: number | null): number | null {
  return maxBudgetUsd === null ? null : Math.max(0.000_001, maxBudgetUsd - (spentUsd ?? 0));
}

type Usage = Readonly<Record<string, ModelUsage>>;

function usageInAll(total: Usage, before: Usage, after: Usage): Usage {
  const models = new Set([...Object.keys(total), ...Object.keys(after)]);
  return Object.fromEntries([...models].map((model) => [model, modelInAll(total[model], before[model], after[model])]));
}

const none: ModelUsage = { inputTokens: 0, outputTokens: 0, cacheReadInputTokens: 0, cacheCreationInputTokens: 0, costUsd: 0 };

function modelInAll(total: ModelUsage = none, before: ModelUsage = none, after: ModelUsage = none): ModelUsage {
  const sum = (field: keyof ModelUsage): number => Math.max(0, total[field] - before[field]) + after[field];
  return {
    inputTokens: sum("inputTokens"),
    outputTokens: sum("outputTokens"),
    cacheReadInputTokens: sum("cacheReadInputTokens"),
    cacheCreationInputTokens: sum("cacheCreationInputTokens"),
    costUsd: sum("costUsd"),
  };
}
