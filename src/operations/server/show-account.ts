/** Makes the view of the account that tasks run with. Unknown values are null, never a guess. */
import type { Settings } from "../../config/settings.ts";
import type { AccountView } from "../../contract/views/account.ts";
import type { WindowReport } from "../../domain/order/account-report.ts";
import type { Store } from "../../store/store.ts";
import { rfc3339OrNull } from "../tasks/times.ts";

export interface AccountContext {
  readonly settings: Pick<Settings, "overage" | "reserve">;
  /** Whether requests are paid for one by one: then the account has no limits. */
  readonly paysPerUse: boolean;
}

/**
 * @param wall the system's clock (UTC ms): the values of a window that has been reset are not known
 */
export function accountOf(store: Store, { settings, paysPerUse }: AccountContext, fingerprint: string, wall: number): AccountView {
  const account = store.accounts.get(fingerprint);
  const report = account?.report ?? null;
  const windows = Object.entries(report?.windows ?? {}).map(([name, window]) => [name, windowView(window, wall)] as const);
  return {
    fingerprint,
    reported_at: rfc3339OrNull(account?.reportedAt ?? null),
    windows: Object.fromEntries(windows),
    overage: {
      setting: settings.overage,
      enabled: report?.overage.enabled ?? null,
      spent_usd: report?.overage.spentUsd ?? null,
      in_use: report?.overage.inUse ?? null,
      disabled_reason: report?.overage.disabledReason ?? null,
    },
    reserve: {
      setting: settings.reserve,
      applies: paysPerUse ? false : report === null ? null : true,
      looked_at: rfc3339OrNull(account?.lookedAt ?? null),
      problem: account?.lookProblem ?? null,
    },
  };
}

function windowView({ utilization, resetsAt, status }: WindowReport, wall: number): AccountView["windows"][string] {
  const isOver = resetsAt !== null && resetsAt <= wall;
  return isOver ? { utilization: null, resets_at: null, status: null } : { utilization, resets_at: rfc3339OrNull(resetsAt), status };
}
