/**
 * Reads stored events, which another version may have written: what comes out has the types of
 * event.ts, whatever was stored.
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
const fieldsOfNotices = new Map<string, Fields>(Object.entries(noticePayloads).map(([kind, { fields }]) => [kind, fields] as const));

/**
 * The event with this type and data. Fields that an older version did not write get their empty
 * value; fields that no version writes any more stay. An event of a type that is not known, or with
 * a field of another kind, becomes one of the type `unknown` that holds it as it is.
 */
export function readEvent(type: string, data: unknown): EventBody {
  if (isObject(data)) {
    const { kind } = data;
    const fields = type === "notice" ? fieldsOfNotices.get(stringOf(kind) ?? "") : fieldsOfTypes.get(type);
    const read = fields === undefined ? misfit : readFields(fields, data);
    if (read !== misfit) return { type, data: read } as unknown as EventBody;
  }
  return { type: "unknown", data: { type, data } };
}
