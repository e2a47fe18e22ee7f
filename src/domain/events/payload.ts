/**
 * Defines payloads: the data of an event of one type or of a notice of one kind. Also defines the
 * fields that several payloads share.
 */
import { count, mark, number, object, optional, text } from "./field.ts";
import type { DataOf, Fields } from "./field.ts";

export interface Payload<F extends Fields = Fields> {
  /** When there is such an event, in a sentence. */
  readonly meaning: string;
  readonly fields: F;
  /** An example from a real run. The API's document shows it, and a test checks it. */
  readonly sample: DataOf<F>;
}

export function payload<const F extends Fields>(meaning: string, fields: F, sample: DataOf<NoInfer<F>>): Payload<F> {
  return { meaning, fields, sample };
}

export const cut = { truncated: mark("There when something of the event was cut. The raw log has it whole.") };

export const ofSubagent = {
  parent_tool_use_id: optional(text("The tool call that started the sub-agent whose step this is. Absent: a step of the main agent.")),
};

export const ofTurn = {
  turn: optional(count("Number of the turn of the model, over all attempts. Absent: the step of a sub-agent, or of an early version.")),
};

/** Who asked for something. */
export const actor = {
  by: text("Who asked: `socket` for the server's user, else the name of a token."),
  client: optional(text("The MCP client, where an agent asked.")),
  tool_use_id: optional(text("The agent's tool call, where it is known.")),
  from_task: optional(count("The task whose agent asked.")),
};

export const modelUsage = object(
  {
    input_tokens: count("Tokens that the model read, without those of its cache."),
    output_tokens: count("Tokens that the model wrote."),
    cache_read_input_tokens: count("Tokens that came from the cache."),
    cache_creation_input_tokens: count("Tokens that were put into the cache."),
    cost_usd: number("US dollars."),
  },
  "Tokens and money of one model.",
);
