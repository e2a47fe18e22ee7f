/**
 * Events as tests write and read them: a few fields are enough to make one, and its data is read by
 * its type.
 */
import assert from "node:assert/strict";
import { noticePayloads, payloads, unknownPayload } from "../src/domain/events/event.ts";
import { eventView } from "../src/contract/views/event.ts";
import type { EventView } from "../src/contract/views/event.ts";
import type { EventBody, EventData, EventDraft, EventType, NoticeKind } from "../src/domain/events/event.ts";
import type { Payload } from "../src/domain/events/payload.ts";
import { readEvent } from "../src/domain/events/read-event.ts";

/**
 * An event with these fields; every other one has its empty value, or, where there is none, that of
 * the sample.
 */
export function event<T extends EventType>(type: T, data: object = {}): EventDraft<T> {
  // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- tsc needs it here
  const { fields, sample }: Payload = type === "notice" ? noticePayloads.stderr : payloads[type as keyof typeof payloads];
  const words = Object.keys(fields).filter((name) => name !== "kind" && fields[name]?.shape.is === "choice");
  const read = readEvent(type, { ...Object.fromEntries(words.map((name) => [name, sample[name]])), ...data });
  assert.equal(read.type, type, `not an event: ${JSON.stringify(data)}`);
  return read as EventDraft<T>;
}

/** A notice with these fields. */
export function notice(kind: NoticeKind, data: object = {}): EventDraft<"notice"> {
  return event("notice", { kind, ...data });
}

/** The data of an event that must have this type. */
export function dataOf<T extends EventType>(found: EventBody | undefined, type: T): EventData[T] {
  assert.equal(found?.type, type);
  return found?.data as EventData[T];
}

/** The event, which must be one that the contract knows, with documented fields only. */
export function requireEvent(found: EventView): EventView {
  const { type, data } = found;
  assert.notEqual(type, "unknown", `not an event of this version: ${JSON.stringify(data)}`);
  const { success, error } = eventView.safeParse(found);
  assert.ok(success, `${type}: ${String(error)} ${JSON.stringify(data).slice(0, 1000)}`);
  const { fields } = type === "notice" ? noticePayloads[data.kind] : type === "unknown" ? unknownPayload : payloads[type];
  const undocumented = Object.keys(data).filter((name) => !Object.hasOwn(fields, name));
  assert.deepEqual(undocumented, [], `fields of ${type} that the contract does not know`);
  return found;
}
