/** When the scheduler starts what waited for a budget. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { pino } from "pino";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import { setup as storeSetup } from "../store/setup.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** A spent budget of a day, three minutes before midnight, and a task that waits for it. */
async function spent(t: TestContext, scope: string) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const base = storeSetup(t);
  const store = base.open({ timeZone: "Europe/Berlin" });
  const midnight = Date.parse("2027-03-27T23:00:00Z");
  const clock = { at: midnight - 3 * minuteMs };
  const done = await base.submitTo(store, { labels: { team: "x" } });
  await store.write(() => {
    store.budgets.put({ scope, period: "day", limitUsd: 1, isHard: false }, clock.at);
    store.tasks.patch(done.id, clock.at, { costUsd: 2 });
    store.tasks.transition(done.id, "cancel", clock.at);
  });
  const { id } = await base.submitTo(store, { labels: { team: "x" } });
  const started: number[] = [];
  let looks = 0;
  const scheduler = new Scheduler({
    store,
    log: pino({ level: "silent" }),
    workers: 4,
    now: () => (looks++, clock.at),
    account: () => "a",
    startTasks: async (ids) => {
      await store.write(() => ids.forEach((each) => void store.tasks.transition(each, "cancel", clock.at)));
      started.push(...ids);
    },
  });
  t.after(() => scheduler.stop());
  const pass = async (ms: number): Promise<void> => {
    clock.at += ms;
    t.mock.timers.tick(Math.max(0, ms));
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  scheduler.start();
  await pass(0);
  return { store, id, started, pass, looks: () => looks };
}

for (const scope of ["all", "group:default", "label:team=x"])
  test(`a task that waits for the budget of ${scope} starts at midnight, without a commit`, async (t) => {
    const { id, started, pass } = await spent(t, scope);
    await pass(minuteMs);
    await pass(2 * minuteMs - 1);
    assert.deepEqual(started, []);
    await pass(1);
    assert.deepEqual(started, [id]);
  });

test("a larger budget starts what waits for it at once", async (t) => {
  const { store, id, started, pass } = await spent(t, "label:team=x");
  await store.write(() => store.budgets.put({ scope: "label:team=x", period: "day", limitUsd: 2.5, isHard: false }, 1));
  await pass(0);
  assert.deepEqual(started, [id]);
});

test("a clock that is set forward opens the budget, and one that is set back does not", async (t) => {
  const { id, started, pass } = await spent(t, "all");
  await pass(-hourMs);
  await pass(minuteMs);
  assert.deepEqual(started, []);
  await pass(2 * hourMs);
  await pass(minuteMs);
  assert.deepEqual(started, [id]);
});

test("a budget that keeps nothing from starting sets no timer", async (t) => {
  const { store, id, pass, looks } = await spent(t, "group:other");
  assert.equal(store.tasks.get(id)?.status, "cancelled");
  const before = looks();
  for (let minute = 0; minute < 10; minute += 1) await pass(minuteMs);
  assert.equal(looks(), before);
});
