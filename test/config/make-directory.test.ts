import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { makeDirectory } from "../../src/config/make-directory.ts";
import { scratch } from "../../testing/scratch.ts";

test("makeDirectory makes all directories with the mode and leaves existing ones alone", (t) => {
  const { directory } = scratch(t);
  const deep = path.join(directory, "a", "b", "c");
  makeDirectory(deep, 0o700);
  assert.equal(statSync(path.join(directory, "a")).mode & 0o777, 0o700);
  makeDirectory(deep, 0o777);
  assert.equal(statSync(deep).mode & 0o777, 0o700);
});

test("makeDirectory says when there is a file in the way", (t) => {
  const { directory, file } = scratch(t);
  file("file", "");
  assert.throws(() => makeDirectory(path.join(directory, "file")), { code: "EEXIST" });
  assert.throws(() => makeDirectory(path.join(directory, "file", "below")), { code: "ENOTDIR" });
});

test("makeDirectory ends below /proc, where nothing can be made", { skip: !existsSync("/proc/self") && "there is no /proc" }, () => {
  assert.throws(() => makeDirectory("/proc/nothing/at/all"), { code: "ENOENT" });
});
