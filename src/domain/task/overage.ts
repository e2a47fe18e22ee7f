/**
 * Decides when an account's report calls for a hold, so that paid overage does not begin silently.
 */
import type { AccountReport } from "../order/account-report.ts";
import type { NewHold } from "../order/hold.ts";
import { didYouMean } from "../text/did-you-mean.ts";
import { modelOfWindow } from "../attempt/refusal.ts";
import { accountScope, modelScope } from "../order/scope.ts";

/**
 * `ask`: a person is asked for each account and reset; until then as `forbid`. `cap`: as `allow`
 * while the account has spent less in its billing period.
 */
export type OveragePolicy = "forbid" | "ask" | "allow" | "cap";

const words = ["forbid", "ask", "allow", "cap 20"];

/** What is wrong with a value of the setting, as the end of a sentence; null: nothing. */
export function overageProblem(text: string): string | null {
  if (text === "forbid" || text === "ask" || text === "allow" || capOf(text) !== null) return null;
  const near = didYouMean(text, words);
  const like = near === null ? "" : ` Did you mean ${near}?`;
  return `must be forbid, ask, allow, or a cap in US dollars for a billing period like "cap 20", not ${JSON.stringify(text)}.${like}`;
}

/** @param setting a value without a problem. `capUsd` is null where there is no cap. */
export function overageOf(setting: string): { readonly policy: OveragePolicy; readonly capUsd: number | null } {
  const capUsd = capOf(setting);
  if (capUsd !== null) return { policy: "cap", capUsd };
  return { policy: setting === "ask" || setting === "allow" ? setting : "forbid", capUsd };
}

function capOf(text: string): number | null {
  const amount = /^cap \$?(\d{1,7}(?:\.\d{1,2})?)$/.exec(text)?.[1];
  return amount === undefined ? null : Number(amount);
}

/** What of the cap is spent, as a sentence. @param spentUsd null: not known. */
export function capSentence(spentUsd: number | null, capUsd: number): string {
  const cap = `of the cap of $${capUsd}`;
  return spentUsd === null
    ? `How much ${cap} is spent in this billing period is not known, so tasks wait; it is looked up every five minutes.`
    : `$${spentUsd.toFixed(2)} ${cap} are spent in this billing period.`;
}

/** From this share on the next request may exceed the window. */
const nearlyFull = 0.99;

/** @param consent the number of the open question about it; null: there is none. */
function howToPay(consent: number | null, cap: string | null): string {
  if (cap !== null) return cap;
  if (consent !== null) return `To pay for overage: claude-worker answer q${consent} allow.`;
  return "To pay for overage: claude-worker config set overage allow, then claude-worker server restart.";
}

/** What ends the hold. */
function endOf(until: number | null): string {
  return until === null ? "Its reset is not known; end this with: claude-worker resume." : "This ends with its reset.";
}

/** Why the next request may be paid for, and whose requests. */
export interface OverageLimit {
  /** A part of a sentence. */
  readonly what: string;
  readonly scope: string;
  /** Its reset, by the server's clock (UTC ms); null: not known. */
  readonly until: number | null;
}

/**
 * The limits beyond which requests are paid for.
 * @param now the server's clock; holds end by it (UTC ms)
 * @param wall the system's clock; resets refer to it
 */
export function overageLimits(report: AccountReport, account: string, { now, wall }: { now: number; wall: number }): OverageLimit[] {
  const full = Object.entries(report.windows).filter(
    ([, { utilization, resetsAt, status }]) =>
      ((utilization ?? 0) >= nearlyFull || status === "rejected") && (resetsAt === null || resetsAt > wall),
  );
  const until = (resetsAt: number | null): number | null => (resetsAt === null ? null : now + (resetsAt - wall));
  if (report.overage.inUse === true) {
    const resets = full.map(([, { resetsAt }]) => resetsAt);
    const last = resets.length === 0 || resets.includes(null) ? null : Math.max(...resets.map((reset) => reset ?? 0));
    return [{ what: "Requests of the account are paid for as overage now", scope: accountScope(account), until: until(last) }];
  }
  if (report.overage.enabled !== true) return [];
  return full.map(([window, { utilization, resetsAt }]) => {
    const model = modelOfWindow(window);
    const scope = model === null ? accountScope(account) : modelScope(account, [model, "default"]);
    const used = utilization === null ? "full" : `${Math.floor(utilization * 100)} % used`;
    return { what: `The limit ${window} is ${used} and what follows would be paid for as overage`, scope, until: until(resetsAt) };
  });
}

/**
 * The hold that keeps tasks from spending on overage. It ends with the window's reset; where the
 * reset is not known a person ends the hold.
 * @param consent the number of the open question about it; null: there is none.
 * @param cap what is known of the cap, as a sentence; null: there is none.
 */
export function overageHold({ what, scope, until }: OverageLimit, consent: number | null, cap: string | null = null): NewHold {
  const forbidden = cap !== null ? "which is capped" : consent === null ? "which is forbidden" : "which needs a person's consent";
  return { kind: "overage", scope, message: `${what}, ${forbidden}. ${endOf(until)} ${howToPay(consent, cap)}`, until };
}
