/**
 * Makes values from a JSON Schema for property tests: what it allows, and the same with something
 * broken.
 */
import fc from "fast-check";
import type { ApiDocument, Schema } from "./api-document.ts";

/** Values that the schema allows. */
export function valuesOf(schema: Schema, document: ApiDocument): fc.Arbitrary<unknown> {
  const plain = document.resolve(schema);
  const choices = (plain["anyOf"] ?? plain["oneOf"]) as Schema[] | undefined;
  if (choices !== undefined) return fc.oneof(...choices.map((choice) => valuesOf(choice, document)));
  if (Array.isArray(plain["enum"])) return fc.constantFrom(...(plain["enum"] as unknown[]));
  if (plain["const"] !== undefined) return fc.constant(plain["const"]);
  switch (plain["type"]) {
    case "string":
      return textsOf(plain);
    case "integer":
      return fc.integer({ min: bounded(plain["minimum"], -1e9), max: bounded(plain["maximum"], 1e9) });
    case "number":
      return fc.double({
        min: Number(plain["exclusiveMinimum"] ?? plain["minimum"] ?? 0) + 0.01,
        max: Number(plain["maximum"] ?? 1e6),
        noNaN: true,
      });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(valuesOf((plain["items"] ?? {}) as Schema, document), { minLength: Number(plain["minItems"] ?? 0), maxLength: 5 });
    case "object":
      return objectsOf(plain, document);
    default:
      return fc.jsonValue();
  }
}

/**
 * A value with one thing broken: a field gone, added, of another type or of a hostile content; or
 * no such value at all.
 */
export function brokenOf(values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const broken = fc.tuple(values, fc.string(), hostile).map(([value, name, bad]) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return bad;
    const keys = Object.keys(value);
    const key = keys[name.length % Math.max(1, keys.length)] ?? name;
    const copy: Record<string, unknown> = { ...value };
    if (name.length % 4 === 0) delete copy[key];
    else copy[name.length % 4 === 1 ? name : key] = bad;
    return copy;
  });
  return fc.oneof(broken, hostile);
}

/** Contents that have hurt programs before. */
export const hostile: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    1.5,
    2 ** 53,
    -(2 ** 63),
    1e308,
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "\ufeff",
    "\u202e",
    "__proto__",
    "constructor",
    "../../../etc/passwd",
    "%00",
    "${jndi:ldap://x}",
    "'; DROP TABLE tasks; --",
    "<script>alert(1)</script>",
    "\u001b[31m",
    "x".repeat(100_000),
    [],
    {},
    [[[[[[]]]]]],
    { __proto__: null, toString: 1 },
  ),
  fc.string({ unit: "binary", maxLength: 50 }),
  fc.jsonValue({ maxDepth: 5 }),
);

function textsOf(schema: Schema): fc.Arbitrary<string> {
  if (schema["format"] === "date-time")
    return fc.date({ min: new Date(0), max: new Date("2999-01-01"), noInvalidDate: true }).map((date) => date.toISOString());
  if (schema["format"] === "date")
    return fc.date({ min: new Date(0), max: new Date("2999-01-01"), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10));
  if (typeof schema["pattern"] === "string") return fc.stringMatching(new RegExp(schema["pattern"]));
  return fc.string({
    unit: "grapheme",
    minLength: Number(schema["minLength"] ?? 0),
    maxLength: Math.min(200, Number(schema["maxLength"] ?? 200)),
  });
}

function objectsOf(schema: Schema, document: ApiDocument): fc.Arbitrary<unknown> {
  const properties = (schema["properties"] ?? {}) as Record<string, Schema>;
  const required = (schema["required"] ?? []) as string[];
  const fields = Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, valuesOf(field, document)]));
  const record = fc.record(fields, { requiredKeys: required.filter((name) => name in fields) });
  const { propertyNames, additionalProperties } = schema as { propertyNames?: Schema; additionalProperties?: Schema | boolean };
  if (propertyNames === undefined || typeof additionalProperties !== "object") return record;
  return fc.dictionary(textsOf(propertyNames), valuesOf(additionalProperties, document), { maxKeys: 4 });
}

function bounded(limit: unknown, otherwise: number): number {
  return typeof limit === "number" && Math.abs(limit) <= Number.MAX_SAFE_INTEGER ? limit : otherwise;
}
