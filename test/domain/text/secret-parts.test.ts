import assert from "node:assert/strict";
import { test } from "node:test";
import { passwordsInUrls } from "../../../src/domain/text/secret-parts.ts";

test("the password of a URL may hold a slash", () => {
  for (const scheme of ["https", "ws", "redis"]) {
    assert.ok(passwordsInUrls(`${scheme}://me:pass/word-1@host/path`).includes("pass/word-1"), scheme);
  }
  assert.ok(passwordsInUrls("redis://me:12345/word-1@host").includes("12345/word-1"), "only HTTP has a port here");
});

test("a port before a path with an @ is not a password", () => {
  for (const url of ["https://host:8080/packages/@scope/name", "ws://host:80?mail=me@example.com"]) {
    assert.deepEqual(passwordsInUrls(url).filter(Boolean), [], url);
  }
});
