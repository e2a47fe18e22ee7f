/**
 * The two halves of the contract's table of operations: endpoints without zod for clients, schemas
 * and rights for the server.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { z } from "zod";
import { endpoints } from "../../src/contract/endpoints.ts";
import { operations } from "../../src/contract/operations/index.ts";
import type { Operation } from "../../src/contract/operations/operation.ts";
import { parseSource, readSourceFiles } from "../../testing/source-files.ts";

const all: readonly Operation[] = Object.values(operations);

test("every endpoint has one operation of its name, and every operation an endpoint", () => {
  assert.deepEqual(Object.keys(operations).toSorted(), Object.keys(endpoints).toSorted());
  for (const [name, operation] of Object.entries(operations)) assert.equal(operation.name, name);
});

test("no two operations have the same method and path", () => {
  const places = all.map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(places.toSorted(), [...new Set(places)].toSorted());
});

test("the names in a path are the fields that the operation takes from the path", () => {
  for (const { name, path, params } of all) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, field]) => field);
    assert.deepEqual(fieldsOf(params), inPath, name);
  }
});

test("a reading operation takes a query and no body, any other a body and no query", () => {
  for (const { name, method, query, body } of all) assert.equal(method === "GET" ? body : query, undefined, name);
});

test("a field's name says where it stands: none is in the path and in the body", () => {
  for (const { name, params, query, body } of all) {
    const fields = [...fieldsOf(params), ...fieldsOf(query), ...fieldsOf(body)];
    assert.deepEqual(fields.toSorted(), [...new Set(fields)].toSorted(), name);
  }
});

/** What a browser does with its own session needs no scope. */
const signInAndOut: ReadonlySet<string> = new Set(["createSession", "removeSession", "removeOtherSessions"]);

test("reading needs no scope that changes something, and can be repeated", () => {
  for (const { name, method, access, repeatable } of all) {
    if (signInAndOut.has(name)) continue;
    if (method === "GET") assert.ok(repeatable, name);
    else assert.notEqual(access, "open", name);
    if (access === "read" || access === "open") assert.equal(method, "GET", name);
  }
});

test("the endpoints for clients import nothing, so that zod stays out", () => {
  const [file] = readSourceFiles("src").filter(({ path }) => path === "src/contract/endpoints.ts");
  assert.deepEqual(file?.imports, []);
  assert.equal(parseSource("a.ts", `import { z } from "zod";`).imports.length, 1);
});

function fieldsOf(schema: z.ZodType | undefined): string[] {
  if (schema === undefined) return [];
  const { def } = schema as Partial<z.ZodObject>;
  return Object.keys(def?.shape ?? {});
}
