/**
 * Checks the shape of a task's JSON Schema (`json_schema`): its size, depth and root. Whether it is
 * a schema is checked in json-schema/.
 */
import { objectOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";
import { problemsOf } from "./json-problems.ts";
import type { SettingsProblem } from "./json-problems.ts";

/** Characters of its JSON. */
export const maxSchemaLength = 65_536;

/** Claude Code takes no other dialect, but what most schemas use of them is the same in draft 7. */
const knownDialects = /^https?:\/\/json-schema\.org\/draft(-07|\/2019-09|\/2020-12)\/schema#?$/;

/** The problems of a text that should be the schema; empty: it has the right shape. */
export function schemaShapeProblems(text: string): SettingsProblem[] {
  if (text.length > maxSchemaLength) return [{ line: null, problem: `has over ${maxSchemaLength} characters` }];
  return problemsOf(text, (value, report) => {
    // The model's API takes no other root.
    if (value["type"] !== "object") report([], 'the schema must describe an object: put "type": "object" at its top');
    const { $schema: dialect } = value;
    if (dialect !== undefined && !(typeof dialect === "string" && knownDialects.test(dialect)))
      report(["$schema"], "$schema names a dialect that is not known: leave it out, or name draft-07");
  });
}

/** The schema as Claude Code takes it: without the name of its dialect. */
export function schemaForClaude({ $schema: _dialect, ...schema }: JsonObject): JsonObject {
  return schema;
}

/** The names of the answer's fields. */
export function fieldsOfSchema(schema: JsonObject): string[] {
  return Object.keys(objectOf(schema["properties"]));
}
