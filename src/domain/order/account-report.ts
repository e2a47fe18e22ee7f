/**
 * Reads what an account reports about its limits: the used share of each window, and whether paid
 * overage is enabled or in use.
 */
import { isoOf, numberOf, objectOf, stringOf, timeOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";
import type { JournalRecord } from "../events/record.ts";

export interface WindowReport {
  /** Used share, 0 to 1 (above 1 with overage); null: not known. */
  readonly utilization: number | null;
  /** UTC ms; null: not known. */
  readonly resetsAt: number | null;
  /** In Claude Code's words: `allowed`, `allowed_warning`, `rejected`; null: not known. */
  readonly status: string | null;
}

export interface AccountReport {
  /** By window, e.g. `five_hour`, `seven_day`. */
  readonly windows: Readonly<Record<string, WindowReport>>;
  readonly overage: {
    /** Whether requests beyond the limits would be paid for; null: not known. */
    readonly enabled: boolean | null;
    /** Whether requests are paid for now; null: not known. */
    readonly inUse: boolean | null;
    /** Why it is disabled, in Claude Code's words; null: it is not, or not known. */
    readonly disabledReason: string | null;
    /** Spent in the billing period, US dollars; absent: not known. */
    readonly spentUsd?: number;
  };
}

/**
 * The account's report after this record; null: the record reports nothing. Windows that it does
 * not name stay as they were. Only subscriptions report; `unifiedWindows` names every window, also
 * while all is allowed (Claude Code 2.1.330).
 */
export function reportIn(record: JournalRecord, before: AccountReport | null): AccountReport | null {
  if (record.type !== "rate_limit_event") return null;
  const info = objectOf(objectOf(record)["rate_limit_info"]);
  const named = Object.entries(objectOf(info["unifiedWindows"])).slice(0, 50);
  const windows = Object.fromEntries(named.map(([window, report]) => [window, windowReport(objectOf(report))]));
  const type = stringOf(info["rateLimitType"]);
  // The window that the answer belongs to; `overage` is not a window of the plan.
  const own = type === null || type === "overage" || Object.hasOwn(windows, type) ? {} : { [type]: windowReport(info) };
  return { windows: { ...before?.windows, ...own, ...windows }, overage: overageIn(info, before?.overage ?? null) };
}

function windowReport(report: JsonObject): WindowReport {
  const resets = numberOf(report["resetsAt"]);
  return {
    utilization: numberOf(report["utilization"]),
    // In seconds since 1970; later than the year 5138 it must be milliseconds.
    resetsAt: resets === null ? null : timeOf(isoOf(resets > 1e11 ? resets : resets * 1000)),
    status: stringOf(report["status"]),
  };
}

function overageIn(info: JsonObject, before: AccountReport["overage"] | null): AccountReport["overage"] {
  const status = stringOf(info["overageStatus"]);
  const stated = booleanOf(info["overageEnabled"]) ?? (status === null ? null : status !== "rejected");
  // Either flag means that money is spent now (measured: each can come without the other).
  const flags = [booleanOf(info["isUsingOverage"]), booleanOf(info["overageInUse"])].filter((flag) => flag !== null);
  const enabled = stated ?? before?.enabled ?? null;
  const reason = stringOf(info["overageDisabledReason"]) ?? (stated === null ? (before?.disabledReason ?? null) : null);
  return {
    enabled,
    inUse: flags.length === 0 ? (before?.inUse ?? null) : flags.includes(true),
    disabledReason: enabled === true ? null : reason,
    ...(before?.spentUsd === undefined ? {} : { spentUsd: before.spentUsd }),
  };
}

function booleanOf(value: unknown): boolean | null {
  return typeof value === "boolean" ? value : null;
}
