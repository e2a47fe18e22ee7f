import assert from "node:assert/strict";
import { test } from "node:test";
import { taskInput } from "../../../src/contract/task-input.ts";
import { maxSchemaLength, schemaShapeProblems } from "../../../src/domain/task/answer-schema.ts";

function problemOf(schema: unknown): string {
  const parsed = taskInput.safeParse({ prompt: "x", working_directory: "/w", json_schema: schema });
  return parsed.success ? "" : (parsed.error.issues[0]?.message ?? "");
}

test("a schema needs an object at its root, and a dialect that is known", () => {
  assert.equal(problemOf({ type: "object" }), "");
  for (const root of [{}, { type: "array" }, { $ref: "#/$defs/a" }]) assert.match(problemOf(root), /must describe an object/);
  for (const wrong of [[], "object", true, 4]) assert.notEqual(problemOf(wrong), "");
  assert.match(problemOf({ type: "object", $schema: "http://json-schema.org/draft-04/schema#" }), /a dialect that is not known/);
  assert.equal(problemOf({ type: "object", $schema: "http://json-schema.org/draft-07/schema#" }), "");
});

test("a schema has a limit of size and depth", () => {
  assert.match(problemOf({ type: "object", description: "x".repeat(maxSchemaLength) }), /over 65536 characters/);
  let deep: object = { type: "string" };
  for (let level = 0; level < 100; level += 1) deep = { items: deep };
  assert.match(problemOf({ type: "object", properties: { deep } }), /nested more than 64 levels deep/);
});

test("a schema's text that is not JSON is told with its line", () => {
  assert.deepEqual(schemaShapeProblems('{"type": "object",\n"properties": }')[0]?.line, 2);
  assert.match(schemaShapeProblems('["a"]')[0]?.problem ?? "", /must hold an object, not a list/);
});
