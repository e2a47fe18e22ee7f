import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { isWindowOpen, windowOpening, windowProblem } from "../../../src/domain/order/window.ts";

const minuteMs = 60_000;
const berlin = "Europe/Berlin";

test("a window is read from times of the day, and its faults are said", () => {
  for (const text of ["22:00-07:00", "9:00-17:30", "00:00-24:00", "22:00-07:00, 12:00-13:00"])
    assert.equal(windowProblem(text), null, text);
  for (const text of ["", "22:00", "22-7", "25:00-07:00", "22:60-07:00", "24:00-07:00", "22:00-07:00,"])
    assert.match(windowProblem(text) ?? "", /like 22:00-07:00/, text);
  assert.match(windowProblem("22:00-22:00") ?? "", /same time/);
});

test("a window over midnight is open on both days", () => {
  const open = (time: string): boolean => isWindowOpen("22:00-07:00", Date.parse(`2027-01-05T${time}:00Z`), "UTC");
  assert.deepEqual(["21:59", "22:00", "23:59", "00:00", "06:59", "07:00"].map(open), [false, true, true, true, true, false]);
  assert.ok(isWindowOpen("00:00-24:00", 0, "UTC"));
});

test("a window opens by its zone's clock, also where that skips its beginning", () => {
  const opening = (text: string, at: string): string => new Date(windowOpening(text, Date.parse(at), berlin)).toISOString();
  assert.equal(opening("22:00-07:00", "2027-01-05T12:00:30Z"), "2027-01-05T21:00:00.000Z");
  assert.equal(opening("22:00-07:00", "2027-07-05T12:00:00Z"), "2027-07-05T20:00:00.000Z");
  // 28 March 2027: two o'clock is three o'clock.
  assert.equal(opening("02:30-05:00", "2027-03-27T23:00:00Z"), "2027-03-28T01:00:00.000Z");
  // 31 October 2027: half past two comes twice, and the first one counts.
  assert.equal(opening("02:30-05:00", "2027-10-30T22:00:00Z"), "2027-10-31T00:30:00.000Z");
  // A window that has just ended comes once more, when the clock is set back to two o'clock.
  assert.equal(opening("02:10-02:40", "2027-10-31T00:50:00Z"), "2027-10-31T01:10:00.000Z");
});

test("a window opens at the first minute at which it is open, over both changes", () => {
  const changes = {
    "Europe/Berlin": ["2027-03-28", "2027-10-31"],
    "America/New_York": ["2027-03-14", "2027-11-07"],
    "Australia/Lord_Howe": ["2027-04-04", "2027-10-03"],
  };
  const anyTime = fc.tuple(fc.nat(23), fc.nat(59)).map((parts) => parts.map((part) => String(part).padStart(2, "0")).join(":"));
  const anyZone = fc.constantFrom(...Object.entries(changes).flatMap(([zone, days]) => days.map((day) => ({ zone, day }))));
  fc.assert(
    fc.property(anyZone, anyTime, anyTime, fc.integer({ min: -1440, max: 1440 }), ({ zone, day }, from, to, minutes) => {
      fc.pre(from !== to);
      const text = `${from}-${to}`;
      const now = Date.parse(`${day}T00:00:00Z`) + minutes * minuteMs;
      let expected = now;
      while (!isWindowOpen(text, expected, zone)) expected += minuteMs;
      assert.equal(windowOpening(text, now, zone), expected);
    }),
    { numRuns: 150 },
  );
});
