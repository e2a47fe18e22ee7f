/**
 * Defines events: the recorded steps of a task. The store numbers them per task; CLI, REST and MCP
 * show them.
 */
import { agentPayloads } from "./agent-payloads.ts";
import { json, text } from "./field.ts";
import type { DataOf } from "./field.ts";
import { noticePayloads } from "./notice-payloads.ts";
import { payload } from "./payload.ts";
import { serverPayloads } from "./server-payloads.ts";

/** The payloads of every type but `notice`, whose payloads go by kind. */
export const payloads = { ...serverPayloads, ...agentPayloads };
export { noticePayloads };

/** Stands for an event that this version cannot read, because another version stored it. */
export const unknownPayload = payload(
  "Another version of Claude Worker stored this event, and this version cannot read it.",
  { type: text("The event's type, as it is stored."), data: json("The event's data, as it is stored.") },
  { type: "some_type", data: { some_field: 1 } },
);

type Payloads = typeof payloads;
type NoticePayloads = typeof noticePayloads;
export type NoticeKind = keyof NoticePayloads;
export type NoticeData = { [K in NoticeKind]: DataOf<NoticePayloads[K]["fields"]> };
export type Notice = NoticeData[NoticeKind];

/** The data of each type of event that a run can make. */
export type EventData = { [T in keyof Payloads]: DataOf<Payloads[T]["fields"]> } & { notice: Notice };
export type EventType = keyof EventData;

export type Result = EventData["result"];
export type Actor = EventData["submitted"];
export type Unknown = DataOf<typeof unknownPayload.fields>;

/** Every type, in the order of a task's life. */
export const eventTypes = [...keysOf(serverPayloads), ...keysOf(agentPayloads), "notice"] as readonly EventType[];

/** An event before it has its time: `{ type: "tool_use", data: ToolUse } | …`. */
export type EventDraft<T extends EventType = EventType> = { [K in T]: { readonly type: K; readonly data: EventData[K] } }[T];

export type NewEvent = EventDraft & {
  /** UTC milliseconds. */
  readonly at: number;
  /** The lines that the summary log has for it. Absent: none, or those of event-summary.ts. */
  readonly summary?: readonly string[];
};

/** An event as it is read: one that this version knows, or one that it cannot read. */
export type EventBody = EventDraft | { readonly type: "unknown"; readonly data: Unknown };

/** A stored event. */
export type TaskEvent = EventBody & EventHead;
/** A stored event of one of these types. */
export type TaskEventOf<T extends EventType> = Extract<TaskEvent, { readonly type: T }>;

interface EventHead {
  /** UTC milliseconds. */
  readonly at: number;
  readonly summary?: readonly string[];
  /** Global, increasing: the change feed's cursor. */
  readonly id: number;
  readonly taskId: number;
  /** 1, 2, 3 … within the task, without gaps. */
  readonly seq: number;
  readonly attemptId: number | null;
}

function keysOf<T extends object>(table: T): (keyof T & string)[] {
  return Object.keys(table) as (keyof T & string)[];
}
