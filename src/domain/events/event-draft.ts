/** An event before it has its time, and the pieces that several kinds of records share. */
import { cutJson, cutString } from "../text/cut-json.ts";
import type { EventData, EventDraft, NoticeData, NoticeKind } from "./event.ts";
import { arrayOf, stringOf } from "../text/read-json.ts";

/** The fields of a notice's own. */
type More<K extends NoticeKind> = Omit<NoticeData[K], "kind" | "text" | "truncated">;

/** Something that is worth telling and is not a step of the agent. */
export function notice<K extends NoticeKind>(kind: K, text: unknown, more: More<K>): EventDraft<"notice"> {
  const cut = cutString(stringOf(text) ?? "");
  // The compiler does not put a kind and its fields together again.
  const data = { kind, text: cut.value, ...more, ...mark(cut.truncated) } as unknown as NoticeData[K];
  return { type: "notice", data };
}

/** A tool call that was not allowed, whoever said no. */
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

/** A name, an id or a code: at most 200 code units; null when it is no text. */
export function word(value: unknown): string | null {
  const text = stringOf(value);
  return text === null ? null : cutString(text, 200).value;
}

/** The words of a list; what is no text becomes empty. */
export function words(values: unknown): string[] {
  return arrayOf(values).map((value) => word(value) ?? "");
}

/** Says in the data that something of it was cut. */
export function mark(truncated: boolean): { truncated?: true } {
  return truncated ? { truncated: true } : {};
}
