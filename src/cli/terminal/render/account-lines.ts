/**
 * An account's limits as lines: how far each window is used, when it resets, and what paid overage
 * would do.
 */
import type { AccountView } from "../../../contract/views/account.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { objectOf } from "../../../domain/text/read-json.ts";
import { dollars, localTime, relativeTime } from "./time.ts";

/**
 * `five_hour 42 % used, resets 2026-11-22 05:00:00; seven_day unknown (reported 3 min ago)`.
 * @param now UTC milliseconds.
 */
export function limitsText({ reported_at: reportedAt, windows }: AccountView, now: number): string {
  if (reportedAt === null) return "unknown: the account has not reported them (an API key never does)";
  const texts = Object.entries(windows).map(([name, window]) => `${plainLine(name, 50)} ${windowText(window)}`);
  return texts.length === 0 ? "unknown" : `${texts.join("; ")} (reported ${relativeTime(reportedAt, now)})`;
}

/** `five_hour 10 %, seven_day 25 % (hard 10 %) are kept free for you`. */
export function reserveText({ reserve }: AccountView): string {
  const { setting, applies, problem } = reserve;
  if (applies === false) return "none: requests are paid for one by one (an API key, a provider), so there are no limits to keep free";
  const shares = Object.entries(setting ?? {}).map(([window, share]) => `${plainLine(window, 50)} ${shareText(share)}`);
  if (shares.length === 0) return "none: the setting reserve keeps nothing free";
  const kept = `kept free for you: ${shares.join(", ")}`;
  const unknown = applies === null ? "; the account has not reported its limits yet" : "";
  return `${kept}${unknown}${problem === null ? "" : `; the figures could not be renewed: ${plainLine(problem, 300)}`}`;
}

function shareText(share: unknown): string {
  if (typeof share === "number") return `${share} %`;
  if (Array.isArray(share)) return "by day and hour";
  const { soft, hard } = objectOf(share);
  return [soft === undefined ? [] : `${String(soft)} %`, hard === undefined ? [] : `hard ${String(hard)} %`].flat().join(", ");
}

function windowText({ utilization, resets_at: resetsAt }: AccountView["windows"][string]): string {
  const used = utilization === null ? "unknown" : `${Math.round(utilization * 100)} % used`;
  return resetsAt === null ? used : `${used}, resets ${localTime(resetsAt)}`;
}

const settingTexts: Readonly<Record<string, string>> = { forbid: "forbidden", ask: "asks first", allow: "allowed" };

/** `forbidden; enabled for the account, not in use`. */
export function overageText({ overage }: AccountView): string {
  const { enabled, in_use: inUse, disabled_reason: reason } = overage;
  const why = reason === null ? "" : ` (${plainLine(reason, 100)})`;
  const account =
    enabled === null ? "unknown whether the account has it" : enabled ? "enabled for the account" : `disabled for the account${why}`;
  const use = inUse === null ? "unknown whether it is in use" : inUse ? "in use" : "not in use";
  const spent = overage.spent_usd === null ? "" : `, ${dollars(overage.spent_usd)} spent in this billing period`;
  return `${settingTexts[overage.setting] ?? `${plainLine(overage.setting, 50)} US dollars in a billing period`}; ${account}, ${use}${spent}`;
}
