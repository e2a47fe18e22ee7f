/**
 * Holds and resumes the queue on a person's request. While a hold is in force no task starts;
 * running tasks continue.
 */
import type { HoldView } from "../../contract/views/hold.ts";
import { isInForce } from "../../domain/order/admission.ts";
import { heldTasks } from "../../domain/order/held.ts";
import type { ProfileAccounts } from "../../domain/order/held.ts";
import { isOfReserve } from "../../domain/order/reserve.ts";
import { accountIn } from "../../domain/order/scope.ts";
import { withdrawConsents } from "../questions/give-consent.ts";
import type { Store } from "../../store/store.ts";
import { holdView } from "../tasks/task-view.ts";

export const everything = "all";

/** The holds in force for the accounts of all profiles. */
export function listHolds(store: Store, accounts: ProfileAccounts, now: number): HoldView[] {
  const { pending } = store.tasks.counts();
  return store.holds.active().flatMap((hold) => {
    const profiles = accounts.profiles.filter((profile) => isInForce(hold, accounts.account(profile), now));
    if (profiles.length === 0) return [];
    const parts = heldTasks([hold], accounts);
    const isOfAccount = accountIn(hold.scope) !== null;
    return [holdView(hold, parts === "all" ? pending : store.tasks.pendingOf(parts), isOfAccount ? profiles : null)];
  });
}

/** @param reason shown to people; null or absent: a standard sentence. */
export async function holdQueue(store: Store, reason: string | null | undefined, now: number): Promise<void> {
  const message = reason || "Paused manually. Resume with: claude-worker resume";
  await store.write(() => store.holds.put({ kind: "manual", scope: everything, message, until: null }, now));
}

/**
 * Lifts every hold, and ends the back-off of refused tasks, which are tried at once. If the cause
 * of a hold still exists (an expired sign-in, a usage limit), it adds the hold again. The reserve
 * is given up until the window that it was reached in is reset.
 */
export async function resumeQueue(store: Store, now: number): Promise<void> {
  await store.write(() => {
    for (const hold of store.holds.active()) {
      store.holds.lift(hold.kind, hold.scope);
      if (isOfReserve(hold)) store.accounts.freeReserve(accountIn(hold.scope) ?? "", hold.until ?? now);
    }
    withdrawConsents(store);
    store.probes.removeAll();
    store.tasks.endBackOffs(now);
  });
}

/** Lifts holds on overage after a change of the setting `overage`. */
export async function liftOverageHolds(store: Store): Promise<void> {
  const holds = store.holds.active().filter(({ kind }) => kind === "overage");
  if (holds.length === 0) return;
  await store.write(() => {
    for (const { kind, scope } of holds) store.holds.lift(kind, scope);
    withdrawConsents(store);
  });
}
