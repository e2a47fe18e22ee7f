/** Submits what a schedule names because a person asks for it. */
import type { Caller } from "../../contract/caller.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { Occurrence } from "../../domain/schedules/schedule.ts";
import { requirePerson, requireSchedule } from "./change-schedule.ts";
import type { FireContext } from "./fire-schedule.ts";
import { numbersOf, prepareTarget } from "./submit-target.ts";

/**
 * A row of its own kind: the next due time stays, and runs that have not ended do not count.
 * @throws WorkerError forbidden (an agent), not_found, and as a submit by this caller.
 */
export async function runSchedule(context: FireContext, ref: string, caller: Caller): Promise<Occurrence> {
  requirePerson(caller);
  const { store } = context;
  const schedule = requireSchedule(store, ref);
  const target = await prepareTarget(context, schedule, caller);
  const now = context.wall();
  return await store.write(() => {
    requireSchedule(store, String(schedule.id));
    const run = target.insert({ notBefore: null, after: [] });
    const row = store.schedules.addOccurrence({
      scheduleId: schedule.id,
      kind: "manual",
      dueAt: now,
      state: "submitted",
      reason: null,
      message: null,
      ...numbersOf(run),
      isCatchUp: false,
      by: caller.name,
      at: now,
    });
    if (row === null) throw new WorkerError("internal", "The run of the schedule was not stored.");
    return row;
  });
}
