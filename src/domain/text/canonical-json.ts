/** JSON with the keys of every object in one order, so that equal values have equal texts. */
import { isObject } from "./read-json.ts";

export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    isObject(each) ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1))) : each,
  );
}
