/**
 * Reads events as a server sent them, which may be of another version: what the client gives has
 * the types of `EventView`.
 */
import type { EventPage, EventView } from "../contract/views/event.ts";
import { readEvent } from "../domain/events/read-event.ts";

/**
 * The event, with its data as this version knows it; one that it does not know has the type
 * `unknown`.
 */
export function eventFrom(sent: EventView): EventView {
  const { type, data, ...head } = sent;
  return { ...head, ...readEvent(type, data) };
}

export function eventPageFrom({ events, next_after }: EventPage): EventPage {
  return { events: events.map(eventFrom), next_after };
}
