import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { formatDuration, parseDuration, typedDuration } from "../../../src/domain/text/duration.ts";
import { WorkerError } from "../../../src/domain/errors.ts";

const good: [text: string, ms: number][] = [
  ["90s", 90_000],
  ["1h30m", 5_400_000],
  ["500ms", 500],
  ["2d", 172_800_000],
  ["30m", 1_800_000],
  ["1d2h3m4s5ms", 93_784_005],
  ["1s500ms", 1_500],
  ["0s", 0],
  ["007s", 7_000],
];
for (const [text, ms] of good) {
  test(`${text} is ${ms} milliseconds`, () => {
    assert.equal(parseDuration(text), ms);
  });
}

test("a duration is written as it can be typed, and read back exactly", () => {
  assert.deepEqual([0, 999, 60_000, 5_400_000, 93_784_005].map(typedDuration), ["0s", "999ms", "1m", "1h30m", "1d2h3m4s5ms"]);
  fc.assert(fc.property(fc.maxSafeNat(), (ms) => assert.equal(parseDuration(typedDuration(ms)), ms)));
});

const bad = [
  "",
  " ",
  "s",
  "1",
  "1x",
  "1 h",
  "1h 30m",
  "30m1h",
  "1m1m",
  "-5s",
  "+5s",
  "1.5h",
  "1e3s",
  "5S",
  "5min",
  "1h30",
  "٣s",
  "1h\n",
  "9".repeat(30) + "d",
];
for (const text of bad) {
  test(`${JSON.stringify(text)} is refused with examples`, () => {
    assert.throws(
      () => parseDuration(text),
      (error) =>
        error instanceof WorkerError &&
        error.code === "invalid_input" &&
        /1h30m/.test(error.message) &&
        error.message.includes(`"${text}"`),
    );
  });
}

test("a duration without a unit says that the unit is missing", () => {
  assert.throws(() => parseDuration("30"), {
    message: /^"30" is a duration without a unit\. Write numbers with units/,
  });
});

const forms: [ms: number, text: string][] = [
  [0, "0 ms"],
  [0.4, "0 ms"],
  [850, "850 ms"],
  [999.9, "999 ms"],
  [1000, "1.0 s"],
  [4_250, "4.2 s"],
  [9_999, "9.9 s"],
  [10_000, "10 s"],
  [59_999, "59 s"],
  [60_000, "1 m"],
  [72_000, "1 m 12 s"],
  [3_599_999, "59 m 59 s"],
  [3_600_000, "1 h"],
  [7_500_000, "2 h 5 m"],
  [86_400_000, "1 d"],
  [273_600_000, "3 d 4 h"],
  [-5, "0 ms"],
  [Number.NaN, "0 ms"],
  [Infinity, "0 ms"],
];
for (const [ms, text] of forms) {
  test(`${ms} milliseconds are written ${text}`, () => {
    assert.equal(formatDuration(ms), text);
  });
}

test("durations of whole seconds are read again as they were written", () => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 30 * 86_400 }), (seconds) => {
      const read = parseDuration(formatDuration(seconds * 1000).replaceAll(" ", ""));
      const unit = seconds < 3600 ? 1 : seconds < 86_400 ? 60 : 3600;
      assert.equal(read, Math.floor(seconds / unit) * unit * 1000);
    }),
  );
});

test("the parser of durations throws only its own error", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9dhms]{0,12}$/)), (text) => {
      try {
        assert.ok(Number.isSafeInteger(parseDuration(text)));
      } catch (error) {
        assert.ok(error instanceof WorkerError);
      }
    }),
  );
});
