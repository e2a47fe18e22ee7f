import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { foreignText, readForeign } from "../../src/config/read-foreign.ts";
import { scratch } from "../../testing/scratch.ts";

test("a file of others is read up to its limit, also through a link", (t) => {
  const { directory, file } = scratch(t);
  const place = file("file", "x".repeat(2048));
  const link = path.join(directory, "link");
  symlinkSync(place, link);
  for (const name of [place, link]) assert.equal(foreignText(name, 2048)?.length, 2048);
  assert.deepEqual(readForeign(place, 1024), { problem: "is larger than 1 KB" });
  file("file", "x".repeat(2 * 1024 * 1024 + 1));
  assert.deepEqual(readForeign(place, 2 * 1024 * 1024), { problem: "is larger than 2 MB" });
  assert.equal(foreignText(place, 1024), null);
});

test("a file of others that is longer than its size says has the same limit", { skip: process.platform !== "linux" }, () => {
  assert.match(foreignText("/proc/self/maps", 1024 * 1024) ?? "", /\[stack\]/);
  assert.deepEqual(readForeign("/proc/self/maps", 1024), { problem: "is larger than 1 KB" });
});

test("what is not a regular file is named and not opened", (t) => {
  const { directory } = scratch(t);
  const fifo = path.join(directory, "fifo");
  execFileSync("mkfifo", [fifo]);
  const dangling = path.join(directory, "dangling");
  symlinkSync(path.join(directory, "missing"), dangling);
  assert.equal(readForeign(path.join(directory, "missing"), 10), null);
  assert.deepEqual(readForeign(dangling, 10), { problem: "is a link to a file that is not there" });
  assert.deepEqual(readForeign(directory, 10), { problem: "is a directory" });
  assert.deepEqual(readForeign(fifo, 10), { problem: "is not a regular file" });
});
