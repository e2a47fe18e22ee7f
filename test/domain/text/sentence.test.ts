import assert from "node:assert/strict";
import { test } from "node:test";
import { sentence } from "../../../src/domain/text/sentence.ts";

test("a text ends with one full stop, and a command stays ready to be copied", () => {
  for (const text of ["It waits.", "Why?", "It waits…", "Put it back: claude-worker enqueue 42", "See: claude-worker group list"])
    assert.equal(sentence(text), text);
  assert.equal(sentence("4 slots are in use"), "4 slots are in use.");
});
