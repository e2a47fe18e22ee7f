/**
 * Says whether an event is a step of a sub-agent. Stands in a separate file so that the command
 * line starts without loading the tables of payloads.
 */
import type { EventBody } from "./event.ts";

/** Whether the event is a step of a sub-agent, not of the main agent. */
export function isOfSubagent({ data }: EventBody): boolean {
  return "parent_tool_use_id" in data && data.parent_tool_use_id !== undefined;
}
