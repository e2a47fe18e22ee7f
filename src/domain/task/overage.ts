/**
 * Decides when an account's report calls for a hold, so that paid overage does not begin silently.
 */
import type { AccountReport } from "../order/account-report.ts";
import type { NewHold } from "../order/hold.ts";
import { modelOfWindow } from "../attempt/refusal.ts";
import { accountScope, modelScope } from "../order/scope.ts";

export const overagePolicies = ["forbid", "allow"] as const;
export type OveragePolicy = (typeof overagePolicies)[number];

/** From this share on the next request may exceed the window. */
const nearlyFull = 0.99;

const howToPay = "To pay for overage: claude-worker config set overage allow, then claude-worker server restart.";

/** What ends the hold. */
function endOf(until: number | null): string {
  return until === null ? "Its reset is not known; end this with: claude-worker resume." : "This ends with its reset.";
}

/**
 * The holds that keep tasks from spending on overage. A hold ends with the window's reset; where
 * the reset is not known a person ends the hold.
 * @param now the server's clock; holds end by it (UTC ms)
 * @param wall the system's clock; resets refer to it
 */
export function overageHolds(report: AccountReport, account: string, { now, wall }: { now: number; wall: number }): NewHold[] {
  const full = Object.entries(report.windows).filter(
    ([, { utilization, resetsAt, status }]) =>
      ((utilization ?? 0) >= nearlyFull || status === "rejected") && (resetsAt === null || resetsAt > wall),
  );
  const until = (resetsAt: number | null): number | null => (resetsAt === null ? null : now + (resetsAt - wall));
  if (report.overage.inUse === true) {
    const resets = full.map(([, { resetsAt }]) => resetsAt);
    const last = resets.length === 0 || resets.includes(null) ? null : Math.max(...resets.map((reset) => reset ?? 0));
    const end = until(last);
    const message = `Requests of the account are paid for as overage now, which is forbidden. ${endOf(end)} ${howToPay}`;
    return [{ kind: "overage", scope: accountScope(account), message, until: end }];
  }
  if (report.overage.enabled !== true) return [];
  return full.map(([window, { utilization, resetsAt }]) => {
    const model = modelOfWindow(window);
    const scope = model === null ? accountScope(account) : modelScope(account, [model, "default"]);
    const used = utilization === null ? "full" : `${Math.floor(utilization * 100)} % used`;
    const end = until(resetsAt);
    const message = `The limit ${window} is ${used} and what follows would be paid for as overage, which is forbidden. ${endOf(end)} ${howToPay}`;
    return { kind: "overage", scope, message, until: end };
  });
}
