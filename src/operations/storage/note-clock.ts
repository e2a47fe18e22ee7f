/**
 * Compares the clocks and stores both, so that a clock that was set does not make ended tasks look
 * old.
 */
import { checkClock } from "../../domain/order/clock-check.ts";
import type { ClockReading, ClockSeen } from "../../domain/order/clock-check.ts";
import type { Store } from "../../store/store.ts";

/** @param keepMs how long ended tasks are kept. @throws WorkerError from the store. */
export async function noteClock(store: Store, reading: ClockReading, keepMs: number): Promise<ClockSeen> {
  return await store.write(() => {
    const seen = checkClock(store.clock.seen(), reading, keepMs);
    store.clock.put(seen);
    return seen;
  });
}
