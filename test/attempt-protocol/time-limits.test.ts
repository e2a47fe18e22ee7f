import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
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
  const pass = async (ms: number): Promise<void> => {
    clock.at += ms;
    t.mock.timers.tick(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { limits, over, pass };
}

test("a time limit counts from the attempt's begin", async (t) => {
  const { limits, over, pass } = setup(t, { startedAt: 4_000, timeoutMs: 3_000 });
  limits.start();
  await pass(1_999);
  assert.deepEqual(over, []);
  await pass(1);
  assert.deepEqual(over, ["timed_out"]);
  await pass(dayMs);
  assert.deepEqual(over, ["timed_out"]);
});

test("a wait of which an earlier server knew does not count", async (t) => {
  const { limits, over, pass } = setup(t, { startedAt: 2_000, timeoutMs: 3_000, waitedMs: 2_500 });
  limits.start();
  await pass(2_499);
  assert.deepEqual(over, []);
  await pass(1);
  assert.deepEqual(over, ["timed_out"]);
});

test("limits that are stopped stay so when a wait ends, and count it", async (t) => {
  const { limits, over, pass } = setup(t, { timeoutMs: 3_000 });
  limits.start();
  limits.stop();
  limits.pause();
  await pass(dayMs);
  limits.resume();
  await pass(2_999);
  assert.deepEqual(over, []);
  limits.start();
  await pass(1);
  assert.deepEqual(over, ["timed_out"]);
});

test("a time limit that is over at the start is reported at once", (t) => {
  const { limits, over } = setup(t, { startedAt: 2_000, timeoutMs: 3_000 });
  limits.start();
  assert.deepEqual(over, ["timed_out"]);
});

test("a time limit may be longer than a timer", async (t) => {
  const { limits, over, pass } = setup(t, { timeoutMs: 30 * dayMs });
  limits.start();
  for (let day = 1; day < 30; day += 1) await pass(dayMs);
  assert.deepEqual(over, []);
  await pass(dayMs);
  assert.deepEqual(over, ["timed_out"]);
});

test("each message restarts the stall limit", async (t) => {
  const { limits, over, pass } = setup(t, { stallTimeoutMs: 1_000 });
  limits.start();
  for (let message = 0; message < 5; message += 1) {
    await pass(999);
    limits.heard();
  }
  assert.deepEqual(over, []);
  await pass(1_000);
  assert.deepEqual(over, ["stalled"]);
});

test("without limits nothing is ever over", async (t) => {
  const { limits, over, pass } = setup(t, {});
  limits.start();
  limits.heard();
  await pass(60 * dayMs);
  assert.deepEqual(over, []);
});

test("an expired limit is reported again after a delay", async (t) => {
  const { limits, over, pass } = setup(t, { timeoutMs: 1_000 });
  limits.start();
  await pass(1_000);
  limits.tellAgain("timed_out", 500);
  await pass(499);
  assert.deepEqual(over, ["timed_out"]);
  await pass(1);
  assert.deepEqual(over, ["timed_out", "timed_out"]);
});

test("stopped limits report nothing", async (t) => {
  const { limits, over, pass } = setup(t, { timeoutMs: 1_000, stallTimeoutMs: 1_000 });
  limits.start();
  limits.stop();
  limits.stop();
  await pass(dayMs);
  limits.start();
  limits.tellAgain("stalled", 10);
  limits.stop();
  await pass(dayMs);
  assert.deepEqual(over, ["timed_out"], "it was over at the second start");
});

test("the time that an attempt waits for a person counts for no limit", async (t) => {
  const { limits, over, pass } = setup(t, { timeoutMs: 3_000, stallTimeoutMs: 2_000 });
  limits.start();
  await pass(1_000);
  limits.pause();
  await pass(dayMs);
  limits.pause();
  limits.heard();
  limits.start();
  await pass(dayMs);
  assert.deepEqual(over, []);
  limits.resume();
  limits.resume();
  await pass(1_999);
  assert.deepEqual(over, []);
  await pass(1);
  assert.deepEqual(new Set(over), new Set(["stalled", "timed_out"]));
});

test("a message that came while the whole process stood still is heard", async (t) => {
  const over: string[] = [];
  const options = { startedAt: 0, timeoutMs: null, stallTimeoutMs: 2_000, now: () => 0 };
  const limits = new TimeLimits({ ...options, onOver: (limit) => over.push(limit) });
  const child = spawn("cat", { stdio: ["pipe", "pipe", "ignore"] });
  t.after(() => {
    limits.stop();
    child.kill();
  });
  await once(child, "spawn");
  limits.start();
  child.stdin.write("a message\n");
  const heard = once(child.stdout, "data").then(() => limits.heard());
  // The message lies in the pipe for longer than the limit, and nothing reads it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_100);
  await heard;
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(over, []);
});

test("silence that is allowed does not count, and counts from its end", async (t) => {
  const { limits, over, pass } = setup(t, { stallTimeoutMs: 1_000 });
  limits.start();
  limits.allowSilence(true);
  await pass(dayMs);
  limits.heard();
  await pass(dayMs);
  assert.deepEqual(over, []);
  limits.allowSilence(false);
  await pass(999);
  assert.deepEqual(over, []);
  await pass(1);
  assert.deepEqual(over, ["stalled"]);
});
