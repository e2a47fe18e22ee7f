import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { unescaped } from "../../../src/domain/text/json-escapes.ts";

test("the content of a JSON string is decoded as JSON.parse does", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const escaped = JSON.stringify(text).slice(1, -1);
      assert.equal(unescaped(escaped)?.text ?? escaped, text);
    }),
  );
  assert.equal(unescaped(String.raw`\b\f\n\r\t\"\\\/\u00e4`)?.text, '\b\f\n\r\t"\\/ä');
});

test("each place of a decoded text is known in the escaped text", () => {
  const escaped = String.raw`ab\nc\u00e4d`;
  const decoded = unescaped(escaped);
  const places = [0, 1, 2, 3, 4, 5].map((at) => decoded?.place(at));
  assert.deepEqual(places, [0, 1, 2, 4, 5, 11]);
  assert.equal(decoded?.place(decoded.text.length), escaped.length);
});

test("a text without escapes needs no decoding", () => {
  for (const text of ["", "plain", String.raw`C:\Users`, "\\"]) assert.equal(unescaped(text), null, text);
});
