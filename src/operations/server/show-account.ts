/** Makes the view of the account that tasks run with. Unknown values are null, never a guess. */
import type { Settings } from "../../config/settings.ts";
import type { AccountView } from "../../contract/views/account.ts";
import type { WindowReport } from "../../domain/order/account-report.ts";
import type { Store } from "../../store/store.ts";
import { rfc3339OrNull } from "../tasks/times.ts";

/**
 * @param wall the system's clock (UTC ms): the values of a window that has been reset are not known
 */
export function accountOf(store: Store, { overage }: Pick<Settings, "overage">, fingerprint: string, wall: number): AccountView {
  const account = store.accounts.get(fingerprint);
  const report = account?.report ?? null;
  const windows = Object.entries(report?.windows ?? {}).map(([name, window]) => [name, windowView(window, wall)] as const);
  return {
    fingerprint,
    reported_at: rfc3339OrNull(account?.reportedAt ?? null),
    windows: Object.fromEntries(windows),
    overage: {
      setting: overage,
      enabled: report?.overage.enabled ?? null,
      in_use: report?.overage.inUse ?? null,
      disabled_reason: report?.overage.disabledReason ?? null,
    },
  };
}

function windowView({ utilization, resetsAt, status }: WindowReport, wall: number): AccountView["windows"][string] {
  const isOver = resetsAt !== null && resetsAt <= wall;
  return isOver ? { utilization: null, resets_at: null, status: null } : { utilization, resets_at: rfc3339OrNull(resetsAt), status };
}
