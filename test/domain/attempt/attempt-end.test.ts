import assert from "node:assert/strict";
import { test } from "node:test";
import { endOf } from "../../../src/domain/attempt/attempt-end.ts";

const dayMs = 86_400_000;
const claimed = { startedAt: 1_800_000_000_000, startedUp: 50_000, lastUp: 53_000, lastRecord: 4 };

test("an attempt ends with its last record, whatever the server's clock says", () => {
  for (const now of [claimed.startedAt + 3_600_000, claimed.startedAt + 400 * dayMs, claimed.startedAt - 400 * dayMs]) {
    assert.equal(endOf(claimed, { seenUp: null, now }), claimed.startedAt + 3_000);
  }
});

test("the server's sight of a runner's end counts more than the last record", () => {
  assert.equal(endOf(claimed, { seenUp: 57_000, now: 0 }), claimed.startedAt + 7_000);
  assert.equal(endOf(claimed, { seenUp: 52_000, now: 0 }), claimed.startedAt + 3_000);
});

test("an attempt without records ends where it began, unless a server saw its end", () => {
  const silent = { ...claimed, lastUp: null, lastRecord: 0 };
  assert.equal(endOf(silent, { seenUp: null, now: claimed.startedAt + dayMs }), claimed.startedAt);
  assert.equal(endOf(silent, { seenUp: 50_500, now: claimed.startedAt + dayMs }), claimed.startedAt + 500);
});

test("a duration is never negative, also without times by the boot clock", () => {
  for (const old of [
    { ...claimed, startedUp: null, lastUp: null },
    { ...claimed, lastUp: null },
    { ...claimed, lastUp: 40_000 },
  ]) {
    assert.equal(endOf(old, { seenUp: null, now: claimed.startedAt + 9_000 }), claimed.startedAt + 9_000);
    assert.equal(endOf(old, { seenUp: null, now: claimed.startedAt - dayMs }), claimed.startedAt);
  }
});
