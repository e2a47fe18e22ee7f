/**
 * Counts turns. A turn is one message of the model on the main thread, with the results of the
 * tools that it called.
 */
import { word } from "./event-draft.ts";
import type { NewEvent } from "./event.ts";
import { isOfSubagent } from "./is-of-subagent.ts";
import { arrayOf, objectOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";
import type { JournalRecord } from "./record.ts";

/**
 * The ids of the model's messages that a record holds a part of; Claude Code gives each block of a
 * message in a record of its own. Messages of sub-agents do not count, and not those in which
 * Claude Code speaks itself (`<synthetic>`).
 */
export function turnsIn(record: JournalRecord): string[] {
  const message: JsonObject = objectOf(record);
  if (message["type"] === "assistant") {
    if (typeof message["parent_tool_use_id"] === "string") return [];
    const { model, id } = objectOf(message["message"]);
    return model === "<synthetic>" ? [] : [word(id) ?? `${record._attempt}:${record._n}`];
  }
  // A result that was read from the session names messages that the journal may lack.
  if (message["type"] === "result") return arrayOf(message["_message_ids"]).flatMap((id) => word(id) ?? []);
  return [];
}

/**
 * The events with the number of their turn: the result of a call belongs to the newest turn, which
 * made it. The result of the work gets the number of all so far. Sub-agents' events belong to no
 * turn.
 */
export function withTurns(events: readonly NewEvent[], turn: number | null, inAll: () => number): readonly NewEvent[] {
  return events.map((event) => (isOfSubagent(event) ? event : withTurn(event, turn, inAll)));
}

function withTurn(event: NewEvent, turn: number | null, inAll: () => number): NewEvent {
  if (event.type === "result") return { ...event, data: { ...event.data, num_turns: inAll() } };
  if (event.type === "tool_result") {
    const last = inAll();
    return last === 0 ? event : { ...event, data: { ...event.data, turn: last } };
  }
  if (turn === null) return event;
  if (event.type === "tool_use") return { ...event, data: { ...event.data, turn } };
  return event.type === "text" || event.type === "thinking" ? { ...event, data: { ...event.data, turn } } : event;
}
