/** The times of a schedule, of whatever kind they are. */
import { everySo, nextDue, onceAt } from "../../domain/schedules/due-times.ts";
import type { Times } from "../../domain/schedules/due-times.ts";
import { jitterOf } from "../../domain/schedules/schedule.ts";
import type { Schedule, Timing } from "../../domain/schedules/schedule.ts";
import { cronTimes } from "./cron.ts";

export function timesOf({ cron, at, everyMs, anchor, timeZone }: Timing): Times {
  if (cron !== null) return cronTimes(cron, timeZone);
  return at === null ? everySo(everyMs ?? Infinity, anchor) : onceAt(at);
}

type Pointer = Pick<Schedule, "nextDueAt" | "nextFireAt">;

/** The fields that say when a schedule is acted on next. */
export function pointerTo(schedule: Pick<Schedule, "id" | "jitterMs">, dueAt: number | null): Pointer {
  return { nextDueAt: dueAt, nextFireAt: dueAt === null ? null : dueAt + jitterOf(schedule, dueAt) };
}

/** The pointer to the first due time after a moment. */
export function pointerAfter(schedule: Timing & Pick<Schedule, "id" | "jitterMs">, moment: number): Pointer {
  return pointerTo(schedule, nextDue(timesOf(schedule), schedule, moment));
}
