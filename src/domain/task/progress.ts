/** Says whether an attempt made progress. The poison limit counts attempts without progress. */
import type { EventBody, EventType } from "../events/event.ts";

/**
 * Events that prove a finished step. A tool call without a result, and the agent's text before it,
 * do not count: every attempt that resumes the session repeats a call that kills its runner
 * (measured with Claude Code 2.1.330). A result does not count either: a turn that met an
 * overloaded API also has one.
 */
export const progressEventTypes = ["tool_result"] as const satisfies readonly EventType[];

/** Whether the attempt's events hold at least one finished step. */
export function madeProgress(events: readonly Pick<EventBody, "type">[]): boolean {
  return events.some((event) => (progressEventTypes as readonly EventBody["type"][]).includes(event.type));
}
