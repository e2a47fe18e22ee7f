/** Builds events that do not have a time yet, from pieces that several kinds of records share. */
import { cutJson, cutString } from "../text/cut-json.ts";
import type { EventData, EventDraft, NoticeData, NoticeKind } from "./event.ts";
import { arrayOf, stringOf } from "../text/read-json.ts";

/** The fields that belong to one kind of notice. */
type More<K extends NoticeKind> = Omit<NoticeData[K], "kind" | "text" | "truncated">;

/** Makes an event of the type `notice`: worth reporting, but not a step of the agent. */
export function notice<K extends NoticeKind>(kind: K, text: unknown, more: More<K>): EventDraft<"notice"> {
  const cut = cutString(stringOf(text) ?? "");
  // The compiler does not put a kind and its fields together again.
  const data = { kind, text: cut.value, ...more, ...mark(cut.truncated) } as unknown as NoticeData[K];
  return { type: "notice", data };
}

/** Makes the event of a tool call that a person, a rule or a hook did not allow. */
export function denied(call: {
  readonly tool: unknown;
  readonly input: unknown;
  readonly reason: unknown;
  readonly id?: unknown;
}): EventDraft<"permission_denied"> {
  const input = cutJson(call.input ?? {});
  const reason = cutString(stringOf(call.reason) ?? "");
  const id = word(call.id);
  const data: EventData["permission_denied"] = {
    tool: word(call.tool) ?? "",
    input: input.value,
    reason: reason.value,
    ...(id === null ? {} : { tool_use_id: id }),
    ...mark(input.truncated || reason.truncated),
  };
  return { type: "permission_denied", data };
}

/** A name, an id or a code: at most 200 code units; null for anything but a text. */
export function word(value: unknown): string | null {
  const text = stringOf(value);
  return text === null ? null : cutString(text, 200).value;
}

/** The words of a list; anything but a text becomes empty. */
export function words(values: unknown): string[] {
  return arrayOf(values).map((value) => word(value) ?? "");
}

/** Marks the data as cut. */
export function mark(truncated: boolean): { truncated?: true } {
  return truncated ? { truncated: true } : {};
}
