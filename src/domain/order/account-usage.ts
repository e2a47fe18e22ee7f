/** Reads the limits of an account from the answer of Claude Code's usage call. Pure. */
import { numberOf, objectOf, stringOf, timeOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";
import type { AccountReport, WindowReport } from "./account-report.ts";

/**
 * The account's report after this answer, or why it gives none, as a sentence. Windows that it does
 * not name stay as they were.
 */
export function reportInUsage(answer: unknown, before: AccountReport | null): AccountReport | string {
  const said = objectOf(answer);
  const problem = stringOf(said["problem"]);
  if (problem !== null) return `Claude Code could not be asked for the limits: ${problem}`;
  if (said["rate_limits_available"] === false) return notAvailable;
  const limits = objectOf(said["rate_limits"]);
  const named = Object.entries(limits).flatMap(([window, report]) => entryOf(window, objectOf(report)));
  const scoped = Array.isArray(limits["model_scoped"]) ? limits["model_scoped"].slice(0, 50).map(objectOf) : [];
  const ofModels = scoped.flatMap((report) => {
    const model = (stringOf(report["display_name"]) ?? "").toLowerCase().replaceAll(/[^a-z0-9]/g, "");
    return model === "" ? [] : entryOf(`seven_day_${model}`, report);
  });
  const windows = Object.fromEntries([...named, ...ofModels]);
  if (Object.keys(windows).length === 0) return "Claude Code gave no figures of the limits.";
  return { windows: { ...before?.windows, ...windows }, overage: overageAfter(objectOf(limits["extra_usage"]), before) };
}

/** With an API key, and with a token that may not read them. */
export const notAvailable = "With this sign-in, Claude Code gives figures of the limits only while a task runs.";

function entryOf(window: string, report: JsonObject): [string, WindowReport][] {
  const percent = numberOf(report["utilization"]);
  if (percent === null || !/^(?:five_hour|seven_day)(?:_[a-z0-9]+)*$/.test(window)) return [];
  return [[window, { utilization: percent / 100, resetsAt: timeOf(stringOf(report["resets_at"])), status: null }]];
}

function overageAfter(extra: JsonObject, before: AccountReport | null): AccountReport["overage"] {
  const known = before?.overage ?? { enabled: null, inUse: null, disabledReason: null };
  if (typeof extra["is_enabled"] !== "boolean") return known;
  const { spentUsd: _, ...facts } = known;
  // In the smallest units of the currency; another currency cannot be compared.
  const cents = (stringOf(extra["currency"]) ?? "usd").toLowerCase() === "usd" ? numberOf(extra["used_credits"]) : null;
  return {
    ...facts,
    enabled: extra["is_enabled"],
    disabledReason: extra["is_enabled"] ? null : known.disabledReason,
    ...(cents === null ? {} : { spentUsd: cents / 100 }),
  };
}
