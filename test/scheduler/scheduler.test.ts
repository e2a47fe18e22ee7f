import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { pino } from "pino";
import { WorkerError } from "../../src/domain/errors.ts";
import { systemTimeZone } from "../../src/domain/order/calendar.ts";
import { windowOpening } from "../../src/domain/order/window.ts";
import { modelScope } from "../../src/domain/order/scope.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import type { SchedulerOptions } from "../../src/scheduler/scheduler.ts";
import { permission } from "../../testing/plain-question.ts";
import { newAttempt, setup as storeSetup } from "../store/setup.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A scheduler whose clock and timers stand until the test moves them. */
function setup(t: TestContext, options: Partial<SchedulerOptions> = {}) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const clock = { at: 1_000_000 };
  const base = storeSetup(t);
  const { store } = base;
  const started: number[] = [];
  const now = (): number => clock.at;
  const startTasks = async (ids: readonly number[]): Promise<void> => {
    await store.write(() => ids.forEach((id) => void store.tasks.transition(id, "cancel", now())));
    started.push(...ids);
  };
  const warnings: string[] = [];
  const log = pino({ level: "warn" }, { write: (line) => void warnings.push((JSON.parse(line) as { msg: string }).msg) });
  const scheduler = new Scheduler({ store, log, workers: 4, now, account: () => "a", startTasks, ...options });
  t.after(() => scheduler.stop());
  /** No write of ours in it: a commit would wake the scheduler, and its own timer is to do so. */
  const pass = async (ms: number): Promise<void> => {
    clock.at += ms;
    t.mock.timers.tick(ms);
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  return { ...base, clock, started, scheduler, pass, warnings };
}

test("a hold that ended while the database was locked lifts afterwards", async (t) => {
  const { store, raw, submit, started, scheduler, pass } = setup(t);
  await store.write(() => store.holds.put({ kind: "rate_limited", scope: "all", message: "five_hour", until: 1_000_500 }, 1));
  const { id } = await submit();
  scheduler.start();
  await pass(0);
  const other = raw();
  other.exec("BEGIN IMMEDIATE");
  await pass(500);
  other.exec("ROLLBACK");
  assert.equal(store.holds.active().length, 1, "the lock came in the way");
  await pass(2_000);
  assert.deepEqual(started, [id]);
  assert.deepEqual(store.holds.active(), []);
});

test("while the reserve holds all, a task that ignores it starts", async (t) => {
  const { store, submit, started, scheduler, pass } = setup(t);
  await store.write(() => store.holds.put({ kind: "reserve", scope: "account:a", message: "Kept free.", until: 1_500_000 }, 1));
  const { id } = await submit();
  const ignoring = await submit({ ignoreReserve: true });
  scheduler.start();
  await pass(0);
  assert.deepEqual(started, [ignoring.id]);
  await pass(500_000);
  assert.deepEqual(started, [ignoring.id, id], "the hold is over");
});

test("what the reserve holds is settled before each round of starts", async (t) => {
  const { store, submit, started, scheduler, pass } = setup(t, {
    settleReserve: (now) =>
      store.write(() => void store.holds.put({ kind: "reserve", scope: "account:a", message: "Kept free.", until: now + 50_000 }, now)),
  });
  await submit();
  scheduler.start();
  await pass(0);
  assert.deepEqual(started, []);
});

test("while figures are old one task starts although the reserve is reached", async (t) => {
  const { store, submit, started, scheduler, pass } = setup(t, {
    letThroughAt: () => (store.accounts.get("a")?.letThroughAt ?? 0) + 1_800_000,
  });
  const hold = { kind: "reserve_hard", scope: "account:a", message: "Kept free.", until: 9_000_000 } as const;
  await store.write(() => {
    store.accounts.looked("a", "no figures", 1);
    store.holds.put(hold, 1);
  });
  for (const _ of [1, 2]) await submit({ createdAt: 0 });
  scheduler.start();
  await pass(0);
  assert.deepEqual(started, []);
  for (let minute = 0; minute < 20; minute += 1) await pass(60_000);
  assert.deepEqual(started, [1]);
  for (let minute = 0; minute < 31; minute += 1) await pass(60_000);
  assert.deepEqual(started, [1, 2]);
});

test("a scheduling round that failed is tried again, later and later", async (t) => {
  let broken = true;
  const tries: number[] = [];
  const { clock, store, submit, scheduler, pass } = setup(t, {
    startTasks: async (ids) => {
      tries.push(clock.at);
      if (broken) throw new WorkerError("storage_unusable", "The database is locked.");
      await store.write(() => ids.forEach((id) => void store.tasks.transition(id, "cancel", clock.at)));
    },
  });
  await submit();
  scheduler.start();
  await pass(0);
  for (let second = 0; second < 200; second += 1) await pass(1_000);
  assert.deepEqual(gaps(tries), [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);

  broken = false;
  await pass(60_000);
  assert.equal(store.tasks.counts().pending, 0);
  broken = true;
  tries.length = 0;
  await submit();
  await pass(0);
  await pass(2_000);
  assert.deepEqual(gaps(tries), [2_000]);
});

test("a task that falls due during a scheduling round is started", async (t) => {
  let at = 999;
  const { submit, started, scheduler, pass } = setup(t, { now: () => at++ });
  const { id } = await submit({ createdAt: 0, notBefore: 1_000, notBeforeReason: "retry" });
  scheduler.start();
  await pass(0);
  await pass(1_000);
  assert.deepEqual(started, [id]);
});

test("a scheduling round in which no task may start starts none", async (t) => {
  const calls: (readonly number[])[] = [];
  const { submit, scheduler, pass } = setup(t, { startTasks: async (ids) => void calls.push(ids) });
  await submit({ createdAt: 0, notBefore: 2_000_000, notBeforeReason: "retry" });
  scheduler.start();
  await pass(0);
  assert.deepEqual(calls, []);
});

test("the scheduler never loses a wake, whenever it comes", async (t) => {
  let looks = 0;
  const { submit, scheduler, pass } = setup(t, { now: () => (looks++, 0) });
  await submit({ createdAt: 0, notBefore: 1_000, notBeforeReason: "retry" });
  scheduler.start();
  await pass(0);
  for (let steps = 0; steps < 20; steps += 1) {
    scheduler.wake();
    for (let step = 0; step < steps; step += 1) await Promise.resolve();
    const before = looks;
    scheduler.wake();
    await pass(0);
    assert.ok(looks > before, `after ${steps} steps`);
  }
});

for (const downMs of [0, hourMs]) {
  test(`a clock set back by a day delays nothing for a server ${downMs / hourMs} h later`, async (t) => {
    const { store, clock, submit, started, scheduler, pass, warnings } = setup(t);
    const before = clock.at + dayMs;
    const { id } = await submit({ createdAt: before, notBefore: before + 10_000, notBeforeReason: "retry" });
    const held = { kind: "rate_limited", scope: "all", message: "five_hour", until: before + 5_000 } as const;
    const byHand = { kind: "manual", scope: "group:x", message: "Paused.", until: null } as const;
    await store.write(() => [store.holds.put(held, before), store.holds.put(byHand, before)]);
    clock.at += downMs;
    scheduler.start();
    await pass(0);
    assert.deepEqual(
      store.holds.active().map(({ kind, until, since }) => [kind, until, since]),
      [
        ["manual", null, clock.at],
        ["rate_limited", clock.at + 5_000, clock.at],
      ],
    );
    await store.write(() => store.holds.lift("manual", "group:x"));
    await pass(5_000);
    assert.deepEqual(started, []);
    await pass(5_000);
    assert.deepEqual(started, [id]);
    assert.deepEqual(warnings, ["the clock was set back: waits of tasks and holds are shortened"]);
  });
}

test("the scheduler leaves waits as they are that began before its server", async (t) => {
  const { store, clock, submit, scheduler, pass, warnings } = setup(t);
  const { id } = await submit({ createdAt: clock.at - 1, notBefore: clock.at + dayMs, notBeforeReason: "retry" });
  const held = { kind: "rate_limited", scope: "all", message: "seven_day", until: clock.at + 7 * dayMs } as const;
  await store.write(() => store.holds.put(held, clock.at - 1));
  scheduler.start();
  await pass(0);
  assert.equal(store.tasks.get(id)?.notBefore, clock.at + dayMs);
  assert.deepEqual(store.holds.active(), [{ ...held, since: clock.at - 1 }]);
  assert.deepEqual(warnings, []);
});

function gaps(moments: readonly number[]): number[] {
  return moments.slice(1).map((moment, index) => moment - (moments[index] ?? 0));
}

test("a commit wakes the scheduler, and after a stop nothing starts", async (t) => {
  const { submit, started, scheduler, pass } = setup(t);
  const first = await submit();
  scheduler.start();
  scheduler.start();
  await pass(0);
  const second = await submit();
  await pass(0);
  assert.deepEqual(started, [first.id, second.id]);
  await scheduler.stop();
  await scheduler.stop();
  const third = await submit({ notBefore: 1_000_100, notBeforeReason: "retry" });
  scheduler.wake();
  await pass(hourMs);
  assert.deepEqual(started, [first.id, second.id]);
  scheduler.start();
  await pass(0);
  assert.deepEqual(started, [first.id, second.id, third.id]);
});

test("stopping the scheduler while it awaits leaves no timer", async (t) => {
  const { submit, started, scheduler, pass } = setup(t);
  await submit({ createdAt: 0, notBefore: 1_000_500, notBeforeReason: "retry" });
  scheduler.start();
  await pass(0);
  await scheduler.stop();
  await pass(1_000);
  assert.deepEqual(started, []);
});

test("stopping the scheduler in the middle of a round leaves no timer", async (t) => {
  const { submit, scheduler } = setup(t);
  t.mock.timers.reset();
  await submit({ createdAt: 0, notBefore: 1_000_000 + hourMs, notBeforeReason: "retry" });
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = timers();
  scheduler.start();
  await scheduler.stop();
  assert.equal(timers(), before);
});

test("no more tasks run than there are workers", async (t) => {
  const { store, submit, scheduler, pass } = setup(t, {
    workers: 2,
    startTasks: async (ids) => {
      await store.write(() => ids.forEach((id) => void store.attempts.claim(id, newAttempt(`runner-${id}`), 1_000_000)));
    },
  });
  const ids: number[] = [];
  for (let count = 0; count < 5; count += 1) ids.push((await submit()).id);
  scheduler.start();
  await pass(0);
  assert.equal(store.tasks.counts().running, 2);
  await pass(hourMs);
  assert.equal(store.tasks.counts().running, 2);
  const [first] = ids as [number];
  await store.write(() => {
    store.attempts.close(store.tasks.get(first)?.openAttemptId ?? 0, { kind: "succeeded", message: "done" }, 1_000_001);
    store.tasks.transition(first, "complete", 1_000_001);
  });
  await pass(0);
  assert.deepEqual([store.tasks.counts().running, store.tasks.get(ids[2] ?? 0)?.status], [2, "running"]);
});

test("a server with fewer workers than running tasks starts none", async (t) => {
  let looks = 0;
  const { submit, start, started, scheduler, pass } = setup(t, { workers: 1, now: () => ((looks += 1), 1_000_000) });
  for (let count = 0; count < 3; count += 1) await start();
  for (let count = 0; count < 5; count += 1) await submit();
  scheduler.start();
  await pass(0);
  const before = looks;
  await pass(hourMs);
  assert.deepEqual([started, looks], [[], before]);
});

test("a task without the rights for it is looked at again every minute", async (t) => {
  let isTrusted = false;
  const { submit, started, scheduler, pass } = setup(t, { mayStart: (id) => isTrusted || id !== 1 });
  const refused = await submit();
  const fine = await submit();
  scheduler.start();
  await pass(0);
  assert.deepEqual(started, [fine.id]);
  isTrusted = true;
  await pass(59_000);
  assert.deepEqual(started, [fine.id]);
  await pass(1_000);
  assert.deepEqual(started, [fine.id, refused.id]);
});

test("tasks without rights do not hide the tasks behind them", async (t) => {
  const { submit, started, scheduler, pass } = setup(t, { workers: 1, mayStart: (id) => id > 30 });
  for (let count = 0; count < 31; count += 1) await submit();
  scheduler.start();
  await pass(0);
  assert.deepEqual(started, [31]);
});

test("the scheduler reads no tasks while nothing can start", async (t) => {
  let looks = 0;
  const { store, submit, scheduler, pass } = setup(t, { workers: 1, now: () => ((looks += 1), 1_000_000) });
  const isIdle = async (what: string): Promise<void> => {
    await pass(0);
    const before = looks;
    for (let hour = 0; hour < 3; hour += 1) await pass(hourMs);
    assert.equal(looks, before, what);
  };
  scheduler.start();
  await isIdle("without tasks");
  await store.write(() => store.holds.put({ kind: "manual", scope: "all", message: "Paused.", until: null }, 1));
  const { id } = await submit({ model: "opus" });
  await isIdle("under a hold");
  await store.write(() => {
    store.holds.lift("manual", "all");
    store.holds.put({ kind: "rate_limited", scope: modelScope("a", ["opus"]), message: "Limited.", until: null }, 1);
  });
  await isIdle("under a hold of its model");
  await store.write(() => {
    store.attempts.claim(id, newAttempt("runner"), 1_000_000);
    store.holds.lift("rate_limited", modelScope("a", ["opus"]));
  });
  await submit();
  await isIdle("with all workers busy");
  await store.write(() => store.tasks.transition(id, "ask", 1_000_000));
  await store.write(() =>
    store.tasks.list({ limit: 500 }).forEach((task) => task.id !== id && store.tasks.transition(task.id, "cancel", 1)),
  );
  await isIdle("with a task that waits for an answer");
});

test("processes of waiting tasks that still leave hold the slots of new tasks", async (t) => {
  let leaving = 4;
  const { submit, started, scheduler, pass } = setup(t, { slotsOfWaiting: () => ({ leaving, staying: 0 }) });
  const { id } = await submit();
  scheduler.start();
  await pass(0);
  assert.deepEqual(started, []);
  // No commit comes when a runner that cannot leave counts no more.
  leaving = 3;
  await pass(5_000);
  assert.deepEqual(started, [id]);
});

test("processes of waiting tasks that cannot leave hold slots until they can", async (t) => {
  let staying = 3;
  const { submit, started, scheduler, pass } = setup(t, { slotsOfWaiting: () => ({ leaving: 1, staying }) });
  const { id } = await submit();
  scheduler.start();
  await pass(5_000);
  assert.deepEqual(started, []);
  staying = 2;
  scheduler.wake();
  await pass(0);
  assert.deepEqual(started, [id]);
});

test("an answered task does not proceed past a pause that comes in the same moment", async (t) => {
  const { store, start, scheduler, pass } = setup(t);
  const { task, attempt } = await start({ group: "nightly" });
  const question = await store.write(() => {
    store.tasks.transition(task.id, "ask", 2);
    return store.questions.ask(task.id, attempt.id, permission, { askedAt: 1, deadline: null }).id;
  });
  const nightly = { name: "nightly", maxRunning: null, pausedAt: 4, createdAt: 1 };
  let isAnswered = false;
  // It hears of the commit before the scheduler does, so its write comes first.
  store.onCommit(() => void (isAnswered && store.groups.get("nightly") === null && store.write(() => store.groups.put(nightly))));
  scheduler.start();
  await pass(0);
  await store.write(() => store.questions.answer(question, { decision: "allow" }, "socket", 3 + Number((isAnswered = true))));
  await pass(0);
  assert.equal(store.tasks.row(task.id)?.status, "waiting");
});

test("answered tasks of a full group hold up no answered task of another one", async (t) => {
  const { store, start, scheduler, pass } = setup(t, { workers: 1 });
  await store.write(() => store.groups.put({ name: "paused", maxRunning: null, pausedAt: 1, createdAt: 1 }));
  const ids: number[] = [];
  for (const group of ["paused", "paused", "default"]) {
    const { task, attempt } = await start({ group });
    await store.write(() => {
      const { id } = store.questions.ask(task.id, attempt.id, permission, { askedAt: 1, deadline: null });
      store.tasks.transition(task.id, "ask", 2);
      store.questions.answer(id, { decision: "allow" }, "socket", 3 + ids.length);
    });
    ids.push(task.id);
  }
  scheduler.start();
  await pass(0);
  assert.deepEqual(
    ids.map((id) => store.tasks.row(id)?.status),
    ["waiting", "waiting", "running"],
  );
});

test("a task with a window starts when it opens, without another wake", async (t) => {
  const { submit, started, scheduler, clock, pass } = setup(t);
  const window = "09:00-10:00,21:00-22:00";
  clock.at = Date.parse("2027-07-05T15:30:00Z");
  const opening = windowOpening(window, clock.at, systemTimeZone());
  const { id } = await submit({ window, createdAt: clock.at });
  scheduler.start();
  await pass(0);
  for (let left = opening - clock.at - 1; left > 0; left -= 3_600_000) await pass(Math.min(left, 3_600_000));
  assert.deepEqual(started, []);
  await pass(60_000);
  assert.deepEqual(started, [id]);
});
