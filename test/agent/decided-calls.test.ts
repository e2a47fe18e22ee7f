/** src/agent/decided-calls.ts: what an interruption waits for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { DecidedCalls } from "../../src/agent/decided-calls.ts";

function setup(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let now = 0;
  const calls = new DecidedCalls(() => now);
  const flush = () => new Promise((resolve) => setImmediate(resolve));
  const states: boolean[] = [];
  return {
    calls,
    /** Begins to wait. */
    wait(): void {
      const at = states.push(false) - 1;
      void calls.settled().then(() => (states[at] = true));
    },
    async after(ms: number): Promise<boolean[]> {
      now += ms;
      t.mock.timers.tick(ms);
      await flush();
      return states;
    },
    result: (id: string): void => calls.heard({ type: "user", message: { content: [{ type: "tool_result", tool_use_id: id }] } }),
  };
}

test("an interruption waits for the result of a decided call, and not for long", async (t) => {
  const { calls, wait, after, result } = setup(t);
  wait();
  assert.deepEqual(await after(0), [true]);
  calls.decided("one");
  calls.decided("two");
  wait();
  result("other");
  result("one");
  assert.deepEqual(await after(0), [true, false]);
  result("two");
  assert.deepEqual(await after(0), [true, true]);
  calls.decided("long");
  await after(1_500);
  wait();
  assert.deepEqual(await after(499), [true, true, false]);
  assert.deepEqual(await after(1), [true, true, true]);
});

test("a call that was put back is waited for until its decision and its result", async (t) => {
  const { calls, wait, after, result } = setup(t);
  calls.putBack("one");
  wait();
  assert.deepEqual(await after(9_000), [false]);
  calls.decided("one");
  assert.deepEqual(await after(1_500), [false]);
  result("one");
  assert.deepEqual(await after(0), [true]);
  calls.putBack("ignored");
  wait();
  assert.deepEqual(await after(10_000), [true, true]);
});

test("a turn is not replaced before a call that was put back has begun in it", async (t) => {
  const { calls, after, result } = setup(t);
  assert.equal(calls.isToBegin, false);
  calls.putBack("one");
  calls.putBack("two");
  assert.equal(calls.isToBegin, true);
  calls.decided("one");
  assert.equal(calls.isToBegin, true);
  calls.decided("two");
  assert.equal(calls.isToBegin, false);
  result("two");
  calls.putBack("ignored");
  await after(10_000);
  assert.equal(calls.isToBegin, false);
});

test("a form that was filled in ends with any call", async (t) => {
  const { calls, wait, after, result } = setup(t);
  calls.decided(null);
  wait();
  calls.heard({ type: "user", message: { content: "Go on" } });
  calls.heard({ type: "assistant", message: { content: [{ type: "tool_use", id: "x" }] } });
  assert.deepEqual(await after(1_000), [false]);
  result("x");
  assert.deepEqual(await after(0), [true]);
});
