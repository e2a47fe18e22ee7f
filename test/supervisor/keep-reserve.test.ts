/** When the reserve holds tasks, what is notified of it, and how its figures are renewed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { pino } from "pino";
import type { AccountReport } from "../../src/domain/order/account-report.ts";
import type { ReserveSetting } from "../../src/domain/order/reserve-setting.ts";
import { resumeQueue } from "../../src/operations/holds/hold-queue.ts";
import { keepReserve, settleReserve } from "../../src/supervisor/keep-reserve.ts";
import { keepFromOverage } from "../../src/supervisor/overage-consent.ts";
import { LimitsWatch } from "../../src/supervisor/limits-watch.ts";
import { plainChannel } from "../../testing/plain-channel.ts";
import { setup as storeSetup } from "../store/setup.ts";

const hourMs = 3_600_000;
const minuteMs = 60_000;
const setting: ReserveSetting = { five_hour: { soft: 20, hard: 5 } };

const reportOf = (utilization: number, resetsAt: number): AccountReport => ({
  windows: { five_hour: { utilization, resetsAt, status: "allowed" } },
  overage: { enabled: null, inUse: null, disabledReason: null },
});

/** An account whose figures the test sets, with a channel that hears of holds. */
async function setup(t: TestContext) {
  const base = storeSetup(t);
  const { store, raw } = base;
  const start = Date.now();
  const reset = start + hourMs;
  await store.write(() => store.notifications.addChannel(plainChannel({ events: ["held", "resumed"] }), null));
  const hear = (used: number, at = start): Promise<void> =>
    store.write(() => {
      store.accounts.reported("a", reportOf(used, reset), at);
      keepReserve(store, "a", { setting, now: at, wall: at });
    });
  const notified = () => raw().prepare("SELECT event FROM notification_deliveries ORDER BY id").pluck().all();
  const kinds = () => store.holds.active().map(({ kind }) => kind);
  return { ...base, begin: base.start, start, reset, hear, notified, kinds };
}

test("one notification says that the reserve is reached, one that it is not", async (t) => {
  const { hear, notified, kinds } = await setup(t);
  await hear(0.5);
  assert.deepEqual([kinds(), notified()], [[], []]);
  for (const used of [0.8, 0.85, 0.96, 0.97, 0.85]) await hear(used);
  assert.deepEqual([kinds(), notified()], [["reserve"], ["held"]]);
  await hear(0.96);
  assert.deepEqual([kinds(), notified()], [["reserve_hard"], ["held"]]);
  await hear(0.5);
  assert.deepEqual([kinds(), notified()], [[], ["held", "resumed"]]);
});

test("a round writes nothing while the reserve has not changed", async (t) => {
  const { store, hear, start } = await setup(t);
  let commits = 0;
  await hear(0.85);
  store.onCommit(() => (commits += 1));
  await settleReserve(store, "a", { setting, now: start + 5_000, wall: start + 5_003 });
  await settleReserve(store, "b", { setting, now: start, wall: start });
  assert.equal(commits, 0);
  await settleReserve(store, "a", { setting: null, now: start, wall: start });
  assert.deepEqual([commits, store.holds.active()], [1, []]);
});

test("resume gives the reserve up until the window's reset", async (t) => {
  const { store, hear, start, reset, kinds } = await setup(t);
  await hear(0.85);
  await resumeQueue(store, start);
  await hear(0.96, start + minuteMs);
  assert.deepEqual(kinds(), []);
  await store.write(() => {
    store.accounts.reported("a", reportOf(0.85, reset + hourMs), reset + 1);
    keepReserve(store, "a", { setting, now: reset + 1, wall: reset + 1 });
  });
  assert.deepEqual(kinds(), ["reserve"]);
});

/** A watch whose clock and timers stand until the test moves them. */
async function watched(t: TestContext, answers: (object | null)[], capUsd: number | null = null) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const base = await setup(t);
  const { store, start } = base;
  const clock = { at: start };
  const asked: number[] = [];
  const watch = new LimitsWatch({
    store,
    log: pino({ level: "silent" }),
    reserve: setting,
    capUsd,
    now: () => clock.at,
    account: () => "a",
    usage: async () => {
      asked.push((clock.at - start) / minuteMs);
      return (answers.length > 1 ? answers.shift() : answers[0]) ?? null;
    },
  });
  t.after(() => watch.stop());
  const pass = async (minutes: number): Promise<void> => {
    for (let minute = 0; minute < minutes; minute += 1) {
      clock.at += minuteMs;
      t.mock.timers.tick(minuteMs);
      for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await watch.start();
  return { ...base, watch, asked, pass };
}

const usageOf = (percent: number, resetsAt: number) => ({
  rate_limits_available: true,
  rate_limits: { five_hour: { utilization: percent, resets_at: new Date(resetsAt).toISOString() } },
});

test("figures are renewed every five minutes, only while a task waits for them", async (t) => {
  const reset = Date.now() + 2 * hourMs;
  const { store, hear, submit, asked, pass, kinds } = await watched(t, [usageOf(85, reset), usageOf(84, reset), usageOf(60, reset)]);
  await submit();
  await pass(20);
  assert.deepEqual(asked, [], "nothing is reserved");
  await store.write(() => store.tasks.transition(1, "cancel", 1));
  await hear(0.85);
  await pass(20);
  assert.deepEqual(asked, [], "no task waits");
  await submit();
  await pass(30);
  assert.deepEqual([asked, kinds()], [[40, 45, 50], []]);
});

test("where figures cannot be renewed one task is let through every half hour", async (t) => {
  const { store, hear, start, submit, watch, asked, pass } = await watched(t, [{ problem: "it could not be started" }]);
  await hear(0.85);
  await submit();
  assert.equal(watch.letThroughAt("a"), null, "not asked yet");
  await pass(12);
  assert.deepEqual(asked, [5, 10]);
  assert.equal(watch.letThroughAt("a"), start + 30 * minuteMs);
  await store.write(() => store.accounts.letThrough("a", start + 30 * minuteMs));
  assert.equal(watch.letThroughAt("a"), start + 60 * minuteMs);
  assert.match(store.accounts.get("a")?.lookProblem ?? "", /could not be started/);
});

test("a sign-in without figures is asked only every half hour", async (t) => {
  const { hear, submit, asked, pass } = await watched(t, [{ rate_limits_available: false }]);
  await hear(0.85);
  await submit();
  await pass(50);
  assert.deepEqual(asked, [5, 35]);
});

/** An account that pays beyond its limits, with a cap of 20 dollars. */
async function capped(t: TestContext, cents: readonly (number | null)[]) {
  const reset = Date.now() + 2 * hourMs;
  const answers = cents.map((used) => ({ ...usageOf(100, reset), ...(used === null ? { rate_limits: null } : {}), used }));
  const spent = answers.map(({ used, ...answer }) =>
    used === null ? answer : { ...answer, rate_limits: { ...answer.rate_limits, extra_usage: { is_enabled: true, used_credits: used } } },
  );
  const base = await watched(t, spent, 20);
  const { store, start } = base;
  const { attempt } = await base.begin();
  const near = { ...reportOf(1, reset), overage: { enabled: true, inUse: false, disabledReason: null } };
  await store.write(() => {
    store.accounts.reported("a", near, start);
    keepFromOverage(store, { ...attempt, account: "a" }, near, { asks: false, capUsd: 20, now: start });
  });
  const message = () => store.holds.active().find(({ kind }) => kind === "overage")?.message ?? null;
  return { ...base, message };
}

test("with a cap tasks are paid for while the account has spent less", async (t) => {
  const { submit, pass, message, asked, store } = await capped(t, [1_500, 1_900, 2_000]);
  assert.match(message() ?? "", /which is capped.*is not known, so tasks wait/);
  await submit();
  await pass(1);
  assert.deepEqual([message(), store.accounts.get("a")?.report?.overage.spentUsd], [null, 15]);
  await pass(12);
  assert.match(message() ?? "", /\$20\.00 of the cap of \$20 are spent in this billing period/);
  assert.deepEqual(asked.slice(0, 3), [0, 5, 10]);
});

test("where what is spent cannot be looked up nothing is paid for", async (t) => {
  const { submit, pass, message } = await capped(t, [null]);
  await submit();
  await pass(12);
  assert.match(message() ?? "", /is not known, so tasks wait/);
});
