/** How the schedules stand, in short: what is next, paused, and cannot be submitted. */
import type { ServerView } from "../../contract/views/server.ts";
import type { Store } from "../../store/store.ts";
import { rfc3339 } from "../tasks/times.ts";

export function scheduleStates(store: Store): ServerView["schedules"] {
  if (store.schedules.count() === 0) return { next: [], paused: [], failing: [] };
  const all = store.schedules.list();
  const due = all.flatMap(({ name, pausedAt, nextDueAt }) => (pausedAt !== null || nextDueAt === null ? [] : [{ name, at: nextDueAt }]));
  return {
    next: due.toSorted((a, b) => a.at - b.at).map(({ name, at }) => ({ name, at: rfc3339(at) })),
    paused: all.filter(({ pausedAt }) => pausedAt !== null).map(({ name }) => name),
    failing: all
      .filter(({ failures, pauseReason }) => failures > 0 || pauseReason !== null)
      .map(({ id, name, failures, pauseReason }) => {
        return { name, failures, pause_reason: pauseReason, message: store.schedules.lastRun(id)?.message ?? null };
      }),
  };
}
