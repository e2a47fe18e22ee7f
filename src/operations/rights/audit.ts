/** Makes the fields of events that say who did something. */
import type { Caller } from "../../contract/caller.ts";
import type { Actor } from "../../domain/events/event.ts";

/**
 * The fields of an event's data: the caller, and for an agent its client, its tool call and the
 * task that it works in.
 */
export function doneBy({ name, agent, taskId }: Caller): Actor {
  return {
    by: name,
    ...(agent === undefined ? {} : { client: agent.client, ...(agent.toolUseId === null ? {} : { tool_use_id: agent.toolUseId }) }),
    ...(taskId === undefined ? {} : { from_task: taskId }),
  };
}
