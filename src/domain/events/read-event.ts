/**
 * Reads stored events, which another version may have written. The result always has the types of
 * event.ts.
 */
import { noticePayloads, payloads, unknownPayload } from "./event.ts";
import type { EventBody } from "./event.ts";
import { misfit, readFields } from "./field.ts";
import type { Fields } from "./field.ts";
import { isObject, stringOf } from "../text/read-json.ts";

const fieldsOfTypes = new Map<string, Fields>([
  ...Object.entries(payloads).map(([type, { fields }]) => [type, fields] as const),
  ["unknown", unknownPayload.fields],
]);
/** What kinds of notices were called in older versions, and their names now. */
const renamedNotices = new Map([["session_mended", "session_repaired"]]);
const fieldsOfNotices = new Map<string, Fields>(Object.entries(noticePayloads).map(([kind, { fields }]) => [kind, fields] as const));

/**
 * Makes an event of this type and data. Fields that an older version did not write get their empty
 * value; fields that this version does not write are kept. An event of an unknown type, or with a
 * field of another type, becomes an event of the type `unknown` that holds the stored data
 * unchanged.
 */
export function readEvent(type: string, data: unknown): EventBody {
  if (isObject(data)) {
    const { kind: stored } = data;
    const kind = type === "notice" ? nameOfNotice(stringOf(stored) ?? "") : null;
    const fields = kind === null ? fieldsOfTypes.get(type) : fieldsOfNotices.get(kind);
    const read = fields === undefined ? misfit : readFields(fields, kind === null ? data : { ...data, kind });
    if (read !== misfit) return { type, data: read } as unknown as EventBody;
  }
  return { type: "unknown", data: { type, data } };
}

function nameOfNotice(stored: string): string {
  return renamedNotices.get(stored) ?? stored;
}
