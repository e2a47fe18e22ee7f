/** Adds, changes and removes schedules. Agents do none of it. */
import type { Caller } from "../../contract/caller.ts";
import type { ParsedScheduleInput, ScheduleChange } from "../../contract/operations/schedules.ts";
import { WorkerError } from "../../domain/errors.ts";
import { didYouMean } from "../../domain/text/did-you-mean.ts";
import { nextDue, nextDues, pastDues } from "../../domain/schedules/due-times.ts";
import { mostSchedules } from "../../domain/schedules/schedule.ts";
import type { Schedule, Timing } from "../../domain/schedules/schedule.ts";
import type { Store } from "../../store/store.ts";
import type { NewSchedule, SchedulePatch } from "../../store/sqlite/schedules.ts";
import { isAgent } from "../rights/guard-agent.ts";
import { taskCallerOf } from "../rights/task-rights.ts";
import { checkedCron } from "./cron.ts";
import type { FireContext } from "./fire-schedule.ts";
import { prepareTarget } from "./submit-target.ts";
import { changedTarget, givenTarget } from "./target.ts";
import { checkedZone, momentGiven, systemZone } from "./time-zone.ts";
import { pointerAfter, pointerTo, timesOf } from "./times-of.ts";

export interface ScheduleContext extends FireContext {
  /** Called when something is due earlier than before. */
  schedulesChanged(): void;
}

/** Names how many gaps between runs jitter is compared with. */
const gapsLookedAt = 50;

/**
 * @throws WorkerError forbidden (an agent), invalid_input, conflict: the name is taken;
 * too_many_requests; and as a submit of its task.
 */
export async function addSchedule(context: ScheduleContext, input: ParsedScheduleInput, caller: Caller): Promise<Schedule> {
  requirePerson(caller);
  const { store } = context;
  const now = context.wall();
  const { name, missed = "once", overlap = "skip", jitter_ms: jitterMs = 0, paused = false } = input;
  const fresh: NewSchedule = {
    name,
    ...timingOf({ ...input, time_zone: input.time_zone ?? context.settings.time_zone ?? systemZone() }, now),
    missed,
    overlap,
    jitterMs,
    ...givenTarget(input),
    ...writtenBy(store, caller),
    pausedAt: paused ? now : null,
    pauseReason: null,
    failures: 0,
    createdAt: now,
    updatedAt: now,
  };
  requireShortJitter(fresh, now);
  await prepareTarget(context, { ...fresh, id: 0 }, caller);
  const added = await store.write(() => {
    if (store.schedules.count() >= mostSchedules)
      throw new WorkerError(
        "too_many_requests",
        `There are ${mostSchedules} schedules already. Remove one: claude-worker schedule rm NAME`,
      );
    const stored = store.schedules.insert(fresh);
    if (stored === null) throw taken(name);
    return store.schedules.patch(stored.id, pointerAfter(stored, now)) ?? stored;
  });
  context.schedulesChanged();
  return added;
}

/** @throws WorkerError as `addSchedule`; not_found. */
export async function changeSchedule(context: ScheduleContext, ref: string, change: ScheduleChange, caller: Caller): Promise<Schedule> {
  requirePerson(caller);
  const { store } = context;
  const before = requireSchedule(store, ref);
  const now = context.wall();
  const { name, paused, ...work } = change;
  const patch = isEmpty(work) ? {} : await workOf(context, before, work, { caller, now });
  const changed = await store.write(() => {
    const present = store.schedules.get(before.id);
    if (present === null) throw unknown(store, ref);
    if (!isEmpty(work) && present.updatedAt !== before.updatedAt)
      throw new WorkerError("conflict", `The schedule ${before.name} was changed meanwhile. Look at it, and try again.`);
    const pause = paused === undefined ? {} : pauseOf(store, present, paused, now);
    const named = { ...present, ...patch, ...pause, ...(name === undefined ? {} : { name }), updatedAt: now };
    // What has come during the old times is over; nothing that lies before now becomes due.
    const stored = store.schedules.patch(before.id, { ...named, ...(movesTimes(work) ? pointerAfter(named, now) : {}) });
    if (stored === null) throw taken(name ?? before.name);
    return stored;
  });
  context.schedulesChanged();
  return changed;
}

/** Its tasks stay. @throws WorkerError forbidden, not_found. */
export async function removeSchedule(context: ScheduleContext, ref: string, caller: Caller): Promise<void> {
  requirePerson(caller);
  const { store } = context;
  const { id } = requireSchedule(store, ref);
  await store.write(() => store.schedules.remove(id));
  context.schedulesChanged();
}

/** @param ref its number or its name. @throws WorkerError not_found, with the nearest name. */
export function requireSchedule(store: Store, ref: string): Schedule {
  const found = /^\d{1,15}$/.test(ref) ? store.schedules.get(Number(ref)) : store.schedules.byName(ref);
  if (found === null) throw unknown(store, ref);
  return found;
}

/** @throws WorkerError forbidden. */
export function requirePerson(caller: Caller): void {
  if (isAgent(caller))
    throw new WorkerError("forbidden", "Agents do not change schedules. Ask the user to do it: claude-worker schedule --help");
}

type Work = Omit<ScheduleChange, "name" | "paused">;

/** Everything but the name and the pause: the caller is then the schedule's. */
async function workOf(
  context: ScheduleContext,
  before: Schedule,
  work: Work,
  { caller, now }: { readonly caller: Caller; readonly now: number },
): Promise<SchedulePatch> {
  const timing = movesTimes(work) ? changedTiming(before, work, now) : {};
  const { missed, overlap, jitter_ms: jitterMs } = work;
  const patch = {
    ...timing,
    ...(missed === undefined ? {} : { missed }),
    ...(overlap === undefined ? {} : { overlap }),
    ...(jitterMs === undefined ? {} : { jitterMs }),
    ...changedTarget(before, work),
    ...writtenBy(context.store, caller),
  };
  const after = { ...before, ...patch };
  requireShortJitter(after, now);
  await prepareTarget(context, after, caller);
  return patch;
}

function movesTimes({ cron, at, every_ms: every, time_zone: zone, end_at: end, jitter_ms: jitter }: Work): boolean {
  return [cron, at, every, zone, end, jitter].some((value) => value !== undefined);
}

/** A new kind of time takes the place of the old one. */
function changedTiming(before: Schedule, work: Work, now: number): Timing {
  const names = ["cron", "at", "every_ms"] as const;
  const isNew = names.some((name) => work[name] != null);
  const kept = { cron: before.cron, at: before.at === null ? null : new Date(before.at).toISOString(), every_ms: before.everyMs };
  const { time_zone = before.timeZone, end_at = before.endAt === null ? null : new Date(before.endAt).toISOString() } = work;
  const timing = timingOf({ ...(isNew ? work : kept), time_zone, end_at }, now, isNew && work.at != null);
  return work.every_ms == null && before.everyMs !== null ? { ...timing, anchor: before.anchor } : timing;
}

/** The times as they are stored. @throws WorkerError invalid_input. */
function timingOf(
  {
    cron,
    at,
    every_ms: everyMs,
    time_zone: zone,
    end_at: end,
  }: Pick<Work, "cron" | "at" | "every_ms" | "end_at"> & { readonly time_zone: string },
  now: number,
  isNewAt = true,
): Timing {
  const given = [cron, at, everyMs].filter((value) => value != null);
  if (given.length !== 1) {
    const detail = "takes one of `cron`, `at` and `every_ms`";
    throw new WorkerError("invalid_input", `A schedule ${detail}, and ${given.length} are given.`, [{ pointer: "", detail }]);
  }
  const timeZone = checkedZone(zone);
  const timing: Timing = {
    cron: cron == null ? null : checkedCron(cron, timeZone, now),
    at: at == null ? null : momentGiven(at, timeZone, now, "at"),
    everyMs: everyMs ?? null,
    anchor: now,
    timeZone,
    endAt: end == null ? null : momentGiven(end, timeZone, now, "end_at"),
  };
  if (timing.at !== null && timing.at <= now && isNewAt) throw past("at", `lies in the past: ${new Date(timing.at).toISOString()}`);
  if (timing.at === null && nextDue(timesOf(timing), timing, now) === null) throw past("end_at", "comes before the first run");
  return timing;
}

function past(field: string, detail: string): WorkerError {
  return new WorkerError("invalid_input", `${field} ${detail}.`, [{ pointer: `/${field}`, detail }]);
}

/** With more, one run could begin after the next. @throws WorkerError invalid_input. */
function requireShortJitter(schedule: Timing & Pick<Schedule, "jitterMs">, now: number): void {
  const { jitterMs } = schedule;
  if (jitterMs === 0) return;
  const dues = nextDues(timesOf(schedule), schedule, now, gapsLookedAt);
  if (dues.every((at, index) => index === 0 || at - (dues[index - 1] ?? at) > jitterMs)) return;
  const detail = "is longer than the time between two runs. Take a shorter one";
  throw new WorkerError("invalid_input", `jitter_ms ${detail}.`, [{ pointer: "/jitter_ms", detail }]);
}

/** Inside `write`. A resume skips what has come during the pause. */
function pauseOf(store: Store, schedule: Schedule, paused: boolean, now: number): SchedulePatch {
  if (paused === (schedule.pausedAt !== null)) return {};
  if (paused) return { pausedAt: now, pauseReason: null };
  const times = timesOf(schedule);
  const { dues } = pastDues(times, { ...schedule, jitterMs: 0 }, now);
  for (const dueAt of dues)
    store.schedules.addOccurrence({
      scheduleId: schedule.id,
      kind: "due",
      dueAt,
      state: "skipped",
      reason: "paused",
      message: "The schedule was paused.",
      taskId: null,
      workflowId: null,
      isCatchUp: false,
      by: null,
      at: now,
    });
  const last = dues.at(-1);
  const pointer = last === undefined ? {} : pointerTo(schedule, nextDue(times, schedule, last));
  return { pausedAt: null, pauseReason: null, failures: 0, ...pointer };
}

function writtenBy(store: Store, caller: Caller): Pick<Schedule, "callerName" | "callerScope" | "tokenId"> {
  const { name, scope, tokenId } = taskCallerOf(store, caller);
  return { callerName: name, callerScope: scope, tokenId };
}

function isEmpty(work: Work): boolean {
  return Object.values(work).every((value) => value === undefined);
}

function taken(name: string): WorkerError {
  return new WorkerError("conflict", `There is a schedule named ${name} already. Choose another name, or change that one.`, [
    { pointer: "/name", detail: "is taken" },
  ]);
}

function unknown(store: Store, ref: string): WorkerError {
  const names = store.schedules.list().map(({ name }) => name);
  const near = didYouMean(ref, names);
  const hint = near === null ? "See which there are: claude-worker schedule list" : `Did you mean ${near}?`;
  return new WorkerError("not_found", `There is no schedule ${ref}. ${hint}`);
}
