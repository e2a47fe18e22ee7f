/** Reads pages of stored events: of one task by its own numbers, of all tasks by global numbers. */
import type { InputOf } from "../../contract/api.ts";
import type { EventPage } from "../../contract/views/event.ts";
import type { TaskEvent } from "../../domain/events/event.ts";
import type { Store } from "../../store/store.ts";
import { localTaskId, requireTask } from "./require-task.ts";
import { eventView } from "./task-view.ts";

const defaultLimit = 100;

/** A task's events after a number, or its newest ones. @throws WorkerError not_found. */
export function taskEvents(store: Store, { id: ref, after = 0, limit = defaultLimit, tail }: InputOf<"taskEvents">): EventPage {
  const id = localTaskId(ref);
  const events = tail === undefined ? store.events.ofTask(id, after, limit) : store.events.tail(id, tail);
  // A removed or unknown task has no events.
  if (events.length === 0) requireTask(store, id);
  return pageOf(events, tail === undefined ? after : 0, "seq");
}

/**
 * The events of all tasks after a number, or the newest ones. Without events `next_after` is the
 * number to continue from.
 */
export function allEvents(store: Store, { after = 0, limit = defaultLimit, tail }: InputOf<"allEvents">): EventPage {
  const from = tail === undefined ? after : Math.max(0, store.events.lastId() - tail);
  return pageOf(store.events.all(from, tail ?? limit), from, "id");
}

function pageOf(events: readonly TaskEvent[], after: number, cursor: "seq" | "id"): EventPage {
  return { events: events.map(eventView), next_after: events.at(-1)?.[cursor] ?? after };
}
