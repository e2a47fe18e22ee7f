/** Says whether an attempt got anywhere: what the poison limit counts. */
import type { EventType, NewEvent } from "./event.ts";

/** Steps that are done when their event is there. A tool call that was only asked for is none: it may be what kills its runner every time. */
export const progressEventTypes = [
  "text",
  "tool_result",
  "permission_denied",
  "result",
] as const satisfies readonly EventType[];

/** Whether the attempt's events hold at least one finished step. */
export function madeProgress(events: readonly Pick<NewEvent, "type">[]): boolean {
  return events.some((event) => (progressEventTypes as readonly EventType[]).includes(event.type));
}
