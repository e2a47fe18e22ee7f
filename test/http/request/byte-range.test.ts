import assert from "node:assert/strict";
import { test } from "node:test";
import { byteRange } from "../../../src/http/request/byte-range.ts";

test("one range of bytes is read, and ends with the file at the latest", () => {
  assert.deepEqual(byteRange("bytes=0-9", 100), { start: 0, end: 9 });
  assert.deepEqual(byteRange(" bytes=99-99 ", 100), { start: 99, end: 99 });
  assert.deepEqual(byteRange("bytes=90-", 100), { start: 90, end: 99 });
  assert.deepEqual(byteRange("bytes=90-1000", 100), { start: 90, end: 99 });
});

test("a range without a first byte counts from the end of the file", () => {
  assert.deepEqual(byteRange("bytes=-10", 100), { start: 90, end: 99 });
  assert.deepEqual(byteRange("bytes=-1000", 100), { start: 0, end: 99 });
});

test("a range that has no byte of the file cannot be satisfied", () => {
  for (const header of ["bytes=100-", "bytes=100-200", "bytes=-0"]) assert.equal(byteRange(header, 100), "unsatisfiable", header);
  for (const header of ["bytes=0-", "bytes=-1", "bytes=0-0"]) assert.equal(byteRange(header, 0), "unsatisfiable", header);
});

test("what is not one range of bytes means the whole file", () => {
  const others = [undefined, "", "bytes=-", "bytes=9-0", "bytes=0-1,3-4", "lines=0-1", "bytes=a-b", "bytes=1", `bytes=${"1".repeat(16)}-`];
  for (const header of others) assert.equal(byteRange(header, 100), null, header);
});
