import assert from "node:assert/strict";
import { test } from "node:test";
import { documentPage } from "../../../src/http/document/document-page.ts";

const fields: readonly (readonly [schema: Readonly<Record<string, unknown>>, cell: string])[] = [
  [{ type: "string", maxLength: 200 }, "string, at most 200 characters"],
  [{ type: "string" }, "string"],
  [{ type: "integer", minimum: 1, maximum: 500, format: "int64" }, "integer 1 to 500"],
  [{ type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER }, "integer"],
  [{ type: "string", format: "date-time" }, "string (date-time)"],
  [{ type: ["string", "null"] }, "string or null"],
  [{ enum: ["a", "b"] }, "<code>&quot;a&quot;</code>, <code>&quot;b&quot;</code>"],
  [{ const: 3 }, "<code>3</code>"],
  [{ type: "array", items: { type: "string" } }, "list of string"],
  [{ anyOf: [{ type: "string" }, { type: "null" }] }, "string or null"],
  [{ $ref: "#/components/schemas/Task" }, `<a href="#schema-task">Task</a>`],
];

for (const [schema, cell] of fields) {
  test(`the page shows the type ${JSON.stringify(schema)}`, () => {
    const page = pageWith({ type: "object", required: ["f"], properties: { f: schema } });
    assert.ok(page.includes(`<td><code>f</code></td><td>required</td><td>${cell}</td>`), page);
  });
}

test("texts of the document cannot become markup of the page", () => {
  const hostile = `<script>alert("x")</script> & \`code\``;
  const page = pageWith({ type: "object", properties: { f: { type: "string", description: hostile, default: "<b>" } } });
  assert.ok(page.includes("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; <code>code</code>"));
  assert.ok(page.includes("Default: <code>&quot;&lt;b&gt;&quot;</code>."));
  assert.doesNotMatch(page, /<script/);
});

function pageWith(schema: Readonly<Record<string, unknown>>): string {
  const info = { title: "T", version: "1", description: "" };
  return documentPage({ info, tags: [], paths: {}, components: { schemas: { Shape: schema } } });
}
