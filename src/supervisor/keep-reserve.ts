/**
 * Keeps the holds of the reserve as the account's figures, the setting and the time say. Writes
 * only what has changed.
 */
import type { Hold, NewHold } from "../domain/order/hold.ts";
import { isOfReserve, reservedNow, reserveHolds } from "../domain/order/reserve.ts";
import type { ReserveSetting } from "../domain/order/reserve-setting.ts";
import { accountIn, modelsOf } from "../domain/order/scope.ts";
import type { Store } from "../store/store.ts";

export interface ReserveMoment {
  /** null: nothing is kept free. */
  readonly setting: ReserveSetting | null;
  /** The server's clock (UTC ms). */
  readonly now: number;
  /** The system's clock, which resets refer to. */
  readonly wall: number;
}

interface Changes {
  readonly put: readonly NewHold[];
  readonly lift: readonly Hold[];
  /** Whether all that is put replaces a hold of the reserve that is there. */
  readonly isKnown: (hold: NewHold) => boolean;
}

/** Ends that differ by less are the same: two clocks were read one after the other. */
const sameMs = 1_000;

/** Writes the changes, where there are some. */
export async function settleReserve(store: Store, account: string, moment: ReserveMoment): Promise<void> {
  const { put, lift } = changesOf(store, account, moment);
  if (put.length + lift.length > 0) await store.write(() => keepReserve(store, account, moment));
}

/** The same, inside `write`: in the write of new figures. */
export function keepReserve(store: Store, account: string, moment: ReserveMoment): void {
  const { put, lift, isKnown } = changesOf(store, account, moment);
  for (const hold of put) store.holds.put(hold, moment.now, { isQuiet: isKnown(hold) });
  for (const { kind, scope } of lift) store.holds.lift(kind, scope, moment.now);
}

function changesOf(store: Store, account: string, { setting, now, wall }: ReserveMoment): Changes {
  const active = store.holds.active().filter((hold) => isOfReserve(hold) && accountIn(hold.scope) === account);
  const known = setting === null && active.length === 0 ? null : store.accounts.get(account);
  const isFree = (known?.reserveFreeUntil ?? 0) > wall;
  const wasHeld = (model: string | null): boolean => active.some(({ scope }) => (modelsOf(scope)?.[0] ?? null) === model);
  const wanted =
    setting === null || known?.report == null || known.reportedAt === null || isFree
      ? []
      : reserveHolds(reservedNow({ report: known.report, reportedAt: known.reportedAt }, setting, { wall, wasHeld }), {
          account,
          reportedAt: known.reportedAt,
          now,
          wall,
        });
  return {
    put: wanted.filter((hold) => !active.some((each) => isSame(each, hold))),
    lift: active.filter(({ kind, scope }) => !wanted.some((hold) => hold.kind === kind && hold.scope === scope)),
    isKnown: ({ scope }) => active.some((each) => each.scope === scope),
  };
}

function isSame(one: NewHold, other: NewHold): boolean {
  const untilMs = Math.abs((one.until ?? 0) - (other.until ?? 0));
  return one.kind === other.kind && one.scope === other.scope && one.message === other.message && untilMs < sameMs;
}
