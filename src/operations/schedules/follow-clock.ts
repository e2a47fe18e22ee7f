/** Looks for the next due times again when the system's clock was set, or a server starts. */
import { nextDue } from "../../domain/schedules/due-times.ts";
import type { Schedule } from "../../domain/schedules/schedule.ts";
import type { Store } from "../../store/store.ts";
import { pointerTo, timesOf } from "./times-of.ts";

/**
 * After a clock that was set back a schedule would wait for a day that is far away. Due times that
 * have a task are not used again; those that were only skipped are.
 * @param now the system's clock (UTC ms).
 */
export async function followClock(store: Store, now: number): Promise<void> {
  if (store.schedules.count() === 0) return;
  await store.write(() => {
    for (const schedule of store.schedules.list()) {
      store.schedules.takeBack(schedule.id, now);
      const free = firstFree(store, schedule, now);
      const { nextDueAt } = schedule;
      // An earlier one has come, and was missed.
      if (free !== null && (nextDueAt === null || free < nextDueAt)) store.schedules.patch(schedule.id, pointerTo(schedule, free));
    }
  });
}

function firstFree(store: Store, schedule: Schedule, now: number): number | null {
  const times = timesOf(schedule);
  let at = nextDue(times, schedule, now);
  while (at !== null && store.schedules.hasRow(schedule.id, at)) at = nextDue(times, schedule, at);
  return at;
}
