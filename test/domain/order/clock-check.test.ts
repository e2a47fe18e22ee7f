import assert from "node:assert/strict";
import { test } from "node:test";
import { checkClock } from "../../../src/domain/order/clock-check.ts";
import type { ClockReading, ClockSeen } from "../../../src/domain/order/clock-check.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const keepMs = 30 * dayMs;
const first: ClockReading = { bootId: "a", up: hourMs, at: 1_800_000_000_000 };

/** The clocks after so much time, with the system's clock set by `set`. */
function later(before: ClockReading, passedMs: number, set = 0, bootId = before.bootId): ClockReading {
  return { bootId, up: bootId === before.bootId ? before.up + passedMs : 0, at: before.at + passedMs + set };
}

test("a clock that is not set pauses nothing, also when the machine sleeps", () => {
  let seen: ClockSeen = checkClock(null, first, keepMs);
  for (const [passed, boot] of [
    [hourMs, "a"],
    [20 * dayMs, "a"],
    [12 * hourMs, "b"],
    [29 * dayMs, "c"],
  ] as const) {
    seen = checkClock(seen, later(seen, passed, 0, boot), keepMs);
    assert.deepEqual([seen.shiftedMs, seen.pauseMs], [0, 0]);
  }
});

test("a clock that is set pauses for a time of the monotonic clock", () => {
  for (const set of [400 * dayMs, -400 * dayMs]) {
    let seen = checkClock(checkClock(null, first, keepMs), later(first, hourMs, set), keepMs);
    assert.equal(seen.pauseMs, keepMs);
    for (let day = 1; day < 30; day += 1) {
      seen = checkClock(seen, later(seen, dayMs), keepMs);
      assert.equal(seen.pauseMs, keepMs - day * dayMs);
    }
    seen = checkClock(seen, later(seen, dayMs), keepMs);
    assert.deepEqual([seen.shiftedMs, seen.pauseMs], [0, 0]);
  }
});

test("a clock that is set back to where it was ends the pause", () => {
  const before = checkClock(null, first, keepMs);
  const wrong = checkClock(before, later(before, hourMs, 400 * dayMs), keepMs);
  const right = checkClock(wrong, later(wrong, hourMs, -400 * dayMs + 1_000), keepMs);
  assert.deepEqual([right.shiftedMs, right.pauseMs], [0, 0]);
});

test("a machine that was off for an impossible time had its clock set", () => {
  const before = checkClock(null, first, keepMs);
  for (const set of [400 * dayMs, -2 * dayMs]) assert.equal(checkClock(before, later(before, 0, set, "b"), keepMs).pauseMs, keepMs);
  assert.equal(checkClock({ ...before, bootId: null }, { ...later(before, dayMs), bootId: null }, keepMs).pauseMs, 0);
});
