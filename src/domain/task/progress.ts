/** Says whether an attempt got anywhere: what the poison limit counts. */
import type { EventBody, EventType } from "../events/event.ts";

/**
 * Steps that are done when their event is there. A tool call that was only asked for, and what the
 * agent says before it, are none: a call that kills its runner is asked for again by every attempt
 * that resumes the session (measured with Claude Code 2.1.330). Nor is a result: a turn that met an
 * overloaded API has one too.
 */
export const progressEventTypes = ["tool_result"] as const satisfies readonly EventType[];

/** Whether the attempt's events hold at least one finished step. */
export function madeProgress(events: readonly Pick<EventBody, "type">[]): boolean {
  return events.some((event) => (progressEventTypes as readonly EventBody["type"][]).includes(event.type));
}
