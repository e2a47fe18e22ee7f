/** An event before it has its time, and the pieces that several kinds of records share. */
import { cutJson, cutString } from "../text/cut-json.ts";
import type { EventType } from "./event.ts";
import { stringOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";

export interface EventDraft {
  readonly type: EventType;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Something that is worth telling and is no step of the agent. */
export function notice(kind: string, text: unknown, more: JsonObject = {}): EventDraft {
  const cut = cutString(stringOf(text) ?? "");
  return { type: "notice", data: { kind, text: cut.value, ...more, ...mark(cut.truncated) } };
}

/** A tool call that was not allowed, whoever said no. */
export function denied(call: {
  readonly tool: unknown;
  readonly input: unknown;
  readonly reason: unknown;
  readonly id?: unknown;
}): EventDraft {
  const input = cutJson(call.input ?? {});
  const reason = cutString(stringOf(call.reason) ?? "");
  const id = word(call.id);
  const data = { tool: word(call.tool) ?? "", input: input.value, reason: reason.value, ...(id === null ? {} : { tool_use_id: id }) };
  return { type: "permission_denied", data: { ...data, ...mark(input.truncated || reason.truncated) } };
}

/** A name, an id or a code: at most 200 code units; null when it is no text. */
export function word(value: unknown): string | null {
  const text = stringOf(value);
  return text === null ? null : cutString(text, 200).value;
}

/** Says in the data that something of it was cut. */
export function mark(truncated: boolean): { truncated?: true } {
  return truncated ? { truncated: true } : {};
}
