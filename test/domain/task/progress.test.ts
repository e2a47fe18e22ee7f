import assert from "node:assert/strict";
import { test } from "node:test";
import { eventsFromRecord } from "../../../src/domain/events/events-from-record.ts";
import { madeProgress } from "../../../src/domain/task/progress.ts";
import { sample } from "../samples/sample.ts";

function eventsOf(name: string, upTo = Infinity) {
  return sample(name)
    .messages.slice(0, upTo)
    .flatMap((message) => eventsFromRecord(message));
}

test("an attempt whose tool call killed Claude Code made no progress", () => {
  assert.equal(madeProgress(eventsOf("aborted")), false);
});

test("a finished tool call is progress", () => {
  assert.equal(madeProgress(eventsOf("tools", 2)), false, "the call was asked for only");
  assert.equal(madeProgress(eventsOf("tools", 3)), true);
});

test("an attempt that only met an API error made no progress", () => {
  assert.equal(madeProgress(eventsOf("api-529")), false);
});

test("an attempt without events made no progress", () => {
  assert.equal(madeProgress([]), false);
});
