/**
 * Decides when an account's report calls for a hold, so that paid overage does not begin silently.
 */
import type { AccountReport } from "../order/account-report.ts";
import type { NewHold } from "../order/hold.ts";
import { modelOfWindow } from "../attempt/refusal.ts";
import { accountScope, modelScope } from "../order/scope.ts";

/** `ask`: a person is asked for each account and reset; until then as `forbid`. */
export const overagePolicies = ["forbid", "ask", "allow"] as const;
export type OveragePolicy = (typeof overagePolicies)[number];

/** From this share on the next request may exceed the window. */
const nearlyFull = 0.99;

/** @param consent the number of the open question about it; null: there is none. */
function howToPay(consent: number | null): string {
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
 */
export function overageHold({ what, scope, until }: OverageLimit, consent: number | null): NewHold {
  const forbidden = consent === null ? "which is forbidden" : "which needs a person's consent";
  return { kind: "overage", scope, message: `${what}, ${forbidden}. ${endOf(until)} ${howToPay(consent)}`, until };
}
