import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { TimeLimits } from "../../src/attempt-protocol/time-limits.ts";
import type { TimeLimitsOptions } from "../../src/attempt-protocol/time-limits.ts";

const dayMs = 86_400_000;

/** Limits whose clock and timers stand until the test moves them. */
function setup(t: TestContext, options: Partial<TimeLimitsOptions>) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const clock = { at: 5_000, looks: 0 };
  const over: string[] = [];
  const limits = new TimeLimits({
    startedAt: clock.at,
    timeoutMs: null,
    stallTimeoutMs: null,
    now: () => {
      assert.ok((clock.looks += 1) < 1_000, "the timer is armed for ever");
      return clock.at;
    },
    onOver: (limit) => over.push(limit),
    ...options,
  });
  t.after(() => limits.stop());
  const pass = (ms: number): void => {
    clock.at += ms;
    t.mock.timers.tick(ms);
  };
  return { limits, over, pass };
}

test("a time limit counts from the attempt's begin", (t) => {
  const { limits, over, pass } = setup(t, { startedAt: 4_000, timeoutMs: 3_000 });
  limits.start();
  pass(1_999);
  assert.deepEqual(over, []);
  pass(1);
  assert.deepEqual(over, ["timed_out"]);
  pass(dayMs);
  assert.deepEqual(over, ["timed_out"]);
});

test("a wait of which an earlier server knew does not count", (t) => {
  const { limits, over, pass } = setup(t, { startedAt: 2_000, timeoutMs: 3_000, waitedMs: 2_500 });
  limits.start();
  pass(2_499);
  assert.deepEqual(over, []);
  pass(1);
  assert.deepEqual(over, ["timed_out"]);
});

test("limits that are stopped stay so when a wait ends, and count it", (t) => {
  const { limits, over, pass } = setup(t, { timeoutMs: 3_000 });
  limits.start();
  limits.stop();
  limits.pause();
  pass(dayMs);
  limits.resume();
  pass(2_999);
  assert.deepEqual(over, []);
  limits.start();
  pass(1);
  assert.deepEqual(over, ["timed_out"]);
});

test("a time limit that is over at the start is reported at once", (t) => {
  const { limits, over } = setup(t, { startedAt: 2_000, timeoutMs: 3_000 });
  limits.start();
  assert.deepEqual(over, ["timed_out"]);
});

test("a time limit may be longer than a timer", (t) => {
  const { limits, over, pass } = setup(t, { timeoutMs: 30 * dayMs });
  limits.start();
  for (let day = 1; day < 30; day += 1) pass(dayMs);
  assert.deepEqual(over, []);
  pass(dayMs);
  assert.deepEqual(over, ["timed_out"]);
});

test("each message restarts the stall limit", (t) => {
  const { limits, over, pass } = setup(t, { stallTimeoutMs: 1_000 });
  limits.start();
  for (let message = 0; message < 5; message += 1) {
    pass(999);
    limits.heard();
  }
  assert.deepEqual(over, []);
  pass(1_000);
  assert.deepEqual(over, ["stalled"]);
});

test("without limits nothing is ever over", (t) => {
  const { limits, over, pass } = setup(t, {});
  limits.start();
  limits.heard();
  pass(60 * dayMs);
  assert.deepEqual(over, []);
});

test("an expired limit is reported again after a delay", (t) => {
  const { limits, over, pass } = setup(t, { timeoutMs: 1_000 });
  limits.start();
  pass(1_000);
  limits.tellAgain("timed_out", 500);
  pass(499);
  assert.deepEqual(over, ["timed_out"]);
  pass(1);
  assert.deepEqual(over, ["timed_out", "timed_out"]);
});

test("stopped limits report nothing", (t) => {
  const { limits, over, pass } = setup(t, { timeoutMs: 1_000, stallTimeoutMs: 1_000 });
  limits.start();
  limits.stop();
  limits.stop();
  pass(dayMs);
  limits.start();
  limits.tellAgain("stalled", 10);
  limits.stop();
  pass(dayMs);
  assert.deepEqual(over, ["timed_out"], "it was over at the second start");
});

test("the time that an attempt waits for a person counts for no limit", (t) => {
  const { limits, over, pass } = setup(t, { timeoutMs: 3_000, stallTimeoutMs: 2_000 });
  limits.start();
  pass(1_000);
  limits.pause();
  pass(dayMs);
  limits.pause();
  limits.heard();
  limits.start();
  pass(dayMs);
  assert.deepEqual(over, []);
  limits.resume();
  limits.resume();
  pass(1_999);
  assert.deepEqual(over, []);
  pass(1);
  assert.deepEqual(new Set(over), new Set(["stalled", "timed_out"]));
});
