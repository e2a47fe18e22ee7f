import assert from "node:assert/strict";
import { test } from "node:test";
import { OutputTail } from "../../src/runner/output-tail.ts";

function tailOf(maxBytes: number, chunks: readonly (string | Buffer)[]): OutputTail {
  const tail = new OutputTail(maxBytes);
  for (const chunk of chunks) tail.add(Buffer.from(chunk));
  return tail;
}

test("what fits is kept whole, and of more the last whole lines", () => {
  assert.equal(tailOf(10, ["one\n", "two\n"]).text, "one\ntwo\n");
  assert.equal(tailOf(10, ["one\n", "two\n", "three\n"]).text, "two\nthree\n");
  assert.equal(tailOf(8, ["one\ntwo\n", "three\n"]).text, "three\n");
  assert.equal(tailOf(8, ["one\ntwo\nthree\n"]).totalBytes, 14);
  assert.equal(tailOf(8, []).text, "");
});

test("a line that is too long loses its beginning, between two characters", () => {
  assert.equal(tailOf(4, ["abcdef"]).text, "cdef");
  assert.equal(tailOf(4, ["abcdef\n"]).text, "def\n");
  assert.equal(tailOf(4, ["xxéé"]).text, "éé");
  assert.equal(tailOf(3, ["xxéé"]).text, "é");
  assert.equal(tailOf(4, [Buffer.from([0xff, 0xfe]), "abcdef"]).text, "cdef");
});

test("memory stays bounded while much is printed", () => {
  const tail = new OutputTail(1_000);
  for (let count = 0; count < 10_000; count += 1) tail.add(Buffer.alloc(1_000, "x"));
  assert.equal(tail.totalBytes, 10_000_000);
  assert.equal(tail.text.length, 1_000);
});
