/**
 * Sums up what a task has cost over all of its sessions. Claude Code reports a running total for
 * each session.
 */
import { amountOf, countOf, objectOf } from "../text/read-json.ts";
import type { JournalRecord } from "../events/record.ts";
import type { ModelUsage, SessionSpent } from "./model-usage.ts";
import type { Task } from "./task.ts";

export interface Spending {
  /** US dollars; null: not known. */
  readonly costUsd: number | null;
  readonly usage: Readonly<Record<string, ModelUsage>> | null;
}

/** The running total that a record of the journal reports; null: it reports none. */
export function sessionSpentIn(record: JournalRecord): SessionSpent | null {
  const message: Readonly<Record<string, unknown>> = { ...record };
  const at = Date.parse(record._at);
  if (record.type === "worker") {
    if (startsSession(message)) return { costUsd: 0, usage: {}, at, base: true };
    if (record.subtype !== "spending") return null;
    return { costUsd: amountOf(message["costUsd"]) ?? 0, usage: usageIn(message["modelUsage"]), at, base: message["base"] === true };
  }
  const costUsd = record.type === "result" ? amountOf(message["total_cost_usd"]) : null;
  return costUsd === null ? null : { costUsd, usage: usageIn(message["modelUsage"]), at, base: false };
}

/** What a judge has spent, which has a session of its own; null: the record is not of a judge. */
export function judgeSpentIn(record: JournalRecord): Spending | null {
  if (record.type !== "worker" || record.subtype !== "verify_ended") return null;
  const { costUsd, modelUsage }: Readonly<Record<string, unknown>> = { ...record };
  return amountOf(costUsd) === null ? null : { costUsd: amountOf(costUsd), usage: usageIn(modelUsage) };
}

/**
 * Whether a new session begins, which counts from 0. A resumed session reports its saved total
 * itself.
 */
function startsSession({ subtype, resume, sessionId }: Readonly<Record<string, unknown>>): boolean {
  if (subtype === "session" || subtype === "session_restarted") return true;
  return subtype === "started" && resume === false && typeof sessionId === "string";
}

/**
 * Whether the report is empty: the result of a crash holds zeros (SDKResultError of the Agent SDK).
 */
export function isZeroed(before: SessionSpent | null, after: SessionSpent): boolean {
  return !after.base && after.costUsd === 0 && (before?.costUsd ?? 0) > 0;
}

function usageIn(models: unknown): Record<string, ModelUsage> {
  return Object.fromEntries(Object.entries(objectOf(models)).map(([model, usage]) => [model, modelUsageIn(objectOf(usage))]));
}

function modelUsageIn(usage: Readonly<Record<string, unknown>>): ModelUsage {
  const { inputTokens, outputTokens, cacheReadInputTokens, cacheCreationInputTokens, costUSD } = usage;
  return {
    inputTokens: countOf(inputTokens) ?? 0,
    outputTokens: countOf(outputTokens) ?? 0,
    cacheReadInputTokens: countOf(cacheReadInputTokens) ?? 0,
    cacheCreationInputTokens: countOf(cacheCreationInputTokens) ?? 0,
    costUsd: amountOf(costUSD) ?? 0,
  };
}

/**
 * The task's total after one session's running total went from `before` (null: the session is new)
 * to `after`.
 */
export function spentInAll(total: Spending, before: Spending | null, after: Spending): Spending {
  // A result that was recovered from the session has no costs. Return only these two fields: a
  // caller may pass a whole task and store what it gets back.
  if (after.costUsd === null) return { costUsd: total.costUsd, usage: total.usage };
  return {
    costUsd: rounded(added(total.costUsd ?? 0, before?.costUsd ?? 0, after.costUsd)),
    usage: usageInAll(total.usage ?? {}, before?.usage ?? {}, after.usage ?? {}),
  };
}

/** Whether the task has a budget, and its attempts have spent it. */
export function isBudgetSpent(task: Task): task is Task & { readonly maxBudgetUsd: number; readonly costUsd: number } {
  return task.maxBudgetUsd !== null && task.costUsd !== null && task.costUsd >= task.maxBudgetUsd;
}

/**
 * The budget that is left for the next attempt; null: there is no limit. Never 0, because Claude
 * Code does not treat 0 as a limit.
 */
export function budgetLeftUsd(maxBudgetUsd: number | null, spentUsd: number | null): number | null {
  return maxBudgetUsd === null ? null : Math.max(0.000_001, maxBudgetUsd - (spentUsd ?? 0));
}

/** Sums of binary fractions end in noise; a billionth of a dollar is precise enough. */
function rounded(costUsd: number): number {
  return Math.round(costUsd * 1e9) / 1e9;
}

function added(total: number, before: number, after: number): number {
  return Math.max(0, total - before) + after;
}

type Usage = Readonly<Record<string, ModelUsage>>;

function usageInAll(total: Usage, before: Usage, after: Usage): Usage {
  const models = new Set([...Object.keys(total), ...Object.keys(after)]);
  return Object.fromEntries([...models].map((model) => [model, modelInAll(total[model], before[model], after[model])]));
}

const none: ModelUsage = { inputTokens: 0, outputTokens: 0, cacheReadInputTokens: 0, cacheCreationInputTokens: 0, costUsd: 0 };

function modelInAll(total: ModelUsage = none, before: ModelUsage = none, after: ModelUsage = none): ModelUsage {
  const sum = (field: keyof ModelUsage): number => added(total[field], before[field], after[field]);
  return {
    inputTokens: sum("inputTokens"),
    outputTokens: sum("outputTokens"),
    cacheReadInputTokens: sum("cacheReadInputTokens"),
    cacheCreationInputTokens: sum("cacheCreationInputTokens"),
    costUsd: rounded(sum("costUsd")),
  };
}
