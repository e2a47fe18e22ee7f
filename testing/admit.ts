/** The rules of starting as plain code, for tests: what the store's queries must agree with. */
import { inStartingOrder, waitingFor } from "../src/domain/order/admission.ts";
import type { PendingTask, WaitingFor } from "../src/domain/order/admission.ts";
import { Lanes } from "../src/domain/order/lanes.ts";
import type { AccountOf } from "../src/domain/order/held.ts";
import type { NewHold } from "../src/domain/order/hold.ts";

export interface Admission {
  /** Ids of the tasks that may start now, best first. */
  readonly start: readonly number[];
  /** Why each of the others waits. */
  readonly waiting: ReadonlyMap<number, WaitingFor>;
}

/**
 * Selects all tasks that may start, in starting order. A task that waits for its time or a hold
 * does not block the tasks behind it.
 */
export function admit(input: {
  readonly pending: readonly PendingTask[];
  readonly running: number;
  readonly slots: number;
  readonly holds: readonly NewHold[];
  readonly account: AccountOf;
  whenHeld?(profile: string): string | null;
  readonly now: number;
  readonly lanes?: Lanes;
}): Admission {
  const { slots, holds, account, now, whenHeld = () => null } = input;
  let { running } = input;
  const lanes = (input.lanes ?? new Lanes(new Map(), new Map(), new Map())).copy();
  const start: number[] = [];
  const waiting = new Map<number, WaitingFor>();
  for (const task of input.pending.toSorted((a, b) => inStartingOrder(a, b, now))) {
    const reason = waitingFor(task, { running, slots, holds, account, whenHeld, now, lanes, ahead: () => waiting.size });
    if (reason !== null) {
      waiting.set(task.id, reason);
      continue;
    }
    start.push(task.id);
    lanes.take(task, task.id);
    running += 1;
  }
  return { start, waiting };
}
