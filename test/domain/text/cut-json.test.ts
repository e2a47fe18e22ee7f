import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { cutJson, cutString, maxStringLength } from "../../../src/domain/text/cut-json.ts";

test("cutting JSON keeps a short text as it is", () => {
  assert.deepEqual(cutString("abc"), { value: "abc", truncated: false });
  assert.equal(cutString("x".repeat(maxStringLength)).truncated, false);
});

test("cutting JSON never cuts a text in the middle of a character", () => {
  assert.deepEqual(cutString("x".repeat(maxStringLength + 1)), { value: "x".repeat(maxStringLength), truncated: true });
  assert.deepEqual(cutString("ab👩c", 3), { value: "ab", truncated: true });
  assert.deepEqual(cutString("ab👩c", 4), { value: "ab👩", truncated: true });
});

test("cutting JSON copies a small value as it is", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      fc.pre(JSON.stringify(value).length < 1000);
      assert.deepEqual(cutJson(value), { value, truncated: false });
    }),
  );
});

test("cutting JSON cuts a long string inside and says so", () => {
  const cut = cutJson({ file_path: "a.txt", content: "x".repeat(20_000) });
  assert.deepEqual(cut, { value: { file_path: "a.txt", content: "x".repeat(maxStringLength) }, truncated: true });
});

test("many strings, deep nesting and endless lists fit into an event all the same", () => {
  let deep: unknown = "x";
  for (let level = 0; level < 5000; level += 1) deep = [deep];
  const wide = Array.from({ length: 100_000 }, () => ({ key: "value" }));
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`, "x".repeat(10_000)]));
  for (const value of [deep, wide, many]) {
    const cut = cutJson(value);
    assert.ok(cut.truncated);
    assert.ok(JSON.stringify(cut.value).length < 150_000);
  }
});

test("cutting JSON replaces what lies too deep by null", () => {
  const nested = (levels: number, wrap: (inner: unknown) => unknown): unknown => (levels === 0 ? "x" : wrap(nested(levels - 1, wrap)));
  for (const wrap of [(inner: unknown) => [inner], (inner: unknown) => ({ inner })]) {
    assert.deepEqual(cutJson(nested(31, wrap)), { value: nested(31, wrap), truncated: false });
    const cut = cutJson(nested(40, wrap));
    assert.ok(cut.truncated);
    assert.match(JSON.stringify(cut.value), /null/);
  }
});

test("cutting JSON keeps a key with the name __proto__", () => {
  const value: unknown = JSON.parse('{"__proto__": {"polluted": true}, "a": 1}');
  const cut = cutJson(value).value as object;
  assert.deepEqual(Object.keys(cut), ["__proto__", "a"]);
  assert.equal(Object.getPrototypeOf(cut), Object.prototype);
});

test("cutting JSON makes null of what is not JSON", () => {
  assert.deepEqual(cutJson({ a: undefined, b: () => 1, c: 10n }).value, { a: null, b: null, c: null });
});
