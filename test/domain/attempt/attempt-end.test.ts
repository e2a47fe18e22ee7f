import assert from "node:assert/strict";
import { test } from "node:test";
import { endOf } from "../../../src/domain/attempt/attempt-end.ts";

const dayMs = 86_400_000;
const claimed = { startedAt: 1_800_000_000_000, startedUp: 50_000, lastUp: 53_000, lastRecord: 4 };

test("an attempt ends with its last record, whenever a server finds it and whatever its clock says", () => {
  for (const now of [claimed.startedAt + 3_600_000, claimed.startedAt + 400 * dayMs, claimed.startedAt - 400 * dayMs]) {
    assert.equal(endOf(claimed, { seenUp: null, now }), claimed.startedAt + 3_000);
  }
});

test("a server that saw the runner go knows the end better than the last record", () => {
  assert.equal(endOf(claimed, { seenUp: 57_000, now: 0 }), claimed.startedAt + 7_000);
  assert.equal(endOf(claimed, { seenUp: 52_000, now: 0 }), claimed.startedAt + 3_000);
});

test("an attempt that never said a word ends where it began, unless a server saw it go", () => {
  const silent = { ...claimed, lastUp: null, lastRecord: 0 };
  assert.equal(endOf(silent, { seenUp: null, now: claimed.startedAt + dayMs }), claimed.startedAt);
  assert.equal(endOf(silent, { seenUp: 50_500, now: claimed.startedAt + dayMs }), claimed.startedAt + 500);
});

test("without times by the boot clock the server's own clock has to do, and never gives a negative duration", () => {
  for (const old of [
    { ...claimed, startedUp: null, lastUp: null },
    { ...claimed, lastUp: null },
    { ...claimed, lastUp: 40_000 },
  ]) {
    assert.equal(endOf(old, { seenUp: null, now: claimed.startedAt + 9_000 }), claimed.startedAt + 9_000);
    assert.equal(endOf(old, { seenUp: null, now: claimed.startedAt - dayMs }), claimed.startedAt);
  }
});
