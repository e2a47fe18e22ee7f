import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { ToRunner } from "../../src/attempt-protocol/protocol.ts";
import type { TimeLimits } from "../../src/attempt-protocol/time-limits.ts";
import { AnswerDelivery } from "../../src/supervisor/answer-delivery.ts";
import type { AttemptContext } from "../../src/supervisor/attempt-context.ts";
import { permission } from "../../testing/plain-question.ts";
import { setup } from "../store/setup.ts";

test("a kept runner leaves when memory becomes short while its task waits", async (t) => {
  const { delivery, parks, pass, memory } = await waiting(t);
  delivery.pass();
  pass(60_000);
  assert.deepEqual(parks(), []);
  memory.free = 0.04;
  pass(10_000);
  assert.deepEqual(parks(), [{ type: "park", force: false }]);
  pass(600_000);
  assert.equal(parks().length, 1);
});

test("a kept runner leaves at once when memory is short already", async (t) => {
  const { delivery, parks, memory } = await waiting(t);
  memory.free = 0.04;
  delivery.pass();
  assert.equal(parks().length, 1);
});

test("with enough memory a kept runner leaves when park_after is over", async (t) => {
  const { delivery, parks, pass } = await waiting(t);
  delivery.pass();
  pass(599_999);
  assert.equal(parks().length, 0);
  pass(1);
  assert.equal(parks().length, 1);
});

test("memory is not looked at any more when nothing waits", async (t) => {
  const { delivery, parks, pass, memory, store } = await waiting(t);
  delivery.pass();
  await store.write(() => store.questions.answer(1, { decision: "allow" }, "person", Date.now()));
  delivery.pass();
  memory.free = 0;
  pass(600_000);
  assert.deepEqual(parks(), []);
});

/** A task with an open question, whose runner is kept for ten minutes. The clock is the test's. */
async function waiting(t: TestContext) {
  const own = setup(t);
  const { store } = own;
  const { task, attempt } = await own.start();
  let now = Date.now();
  await store.write(() => {
    store.questions.ask(task.id, attempt.id, permission, { askedAt: now, deadline: null });
    store.tasks.transition(task.id, "ask", now);
  });
  const memory = { free: 0.5 };
  const sent: ToRunner[] = [];
  const context = { store, parkAfterMs: 600_000, now: () => now, freeMemory: () => memory.free } as AttemptContext;
  const limits = { pause: () => {}, resume: () => {} } as TimeLimits;
  const delivery = new AnswerDelivery(context, task.id, { limits, send: (message) => sent.push(message) });
  t.mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => delivery.stop());
  return {
    store,
    delivery,
    memory,
    parks: () => sent.filter(({ type }) => type === "park"),
    /** Moves the clock in steps of a second. */
    pass(ms: number) {
      for (let left = ms; left > 0; left -= 1_000) {
        now += Math.min(left, 1_000);
        t.mock.timers.tick(Math.min(left, 1_000));
      }
    },
  };
}
