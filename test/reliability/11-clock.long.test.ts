import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { pino } from "pino";
import { monotonicClock } from "../../src/server/monotonic-clock.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import type { TaskView } from "../../src/client/index.ts";
import { setup as storeSetup } from "../store/setup.ts";
import { plainTask } from "../../testing/plain-task.ts";

import { fastWorker, killAndWait, noneLeft, runnerOf, shiftedClock } from "./setup.ts";
import { dataOf } from "../../testing/events.ts";

const dayMs = 86_400_000;

interface Clocks {
  /** What the system's clock says; may be set. */
  wall: number;
  /** What the monotonic clock says. */
  passed: number;
}

/** A scheduler whose clocks stand until the test moves them. */
function setup(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const clocks: Clocks = { wall: 1_800_000_000_000, passed: 5_000 };
  const now = monotonicClock(
    () => clocks.wall,
    () => clocks.passed,
  );
  const { store } = storeSetup(t);
  const started: number[] = [];
  const startTasks = async (ids: readonly number[]): Promise<void> => {
    started.push(...ids);
    await store.write(() => ids.forEach((id) => void store.tasks.transition(id, "cancel", now())));
  };
  const scheduler = new Scheduler({ store, log: pino({ level: "silent" }), workers: 4, now, account: () => "a", startTasks });
  t.after(() => scheduler.stop());
  /** Lets time pass on both clocks, as it does where nobody sets one. */
  const pass = async (ms: number): Promise<void> => {
    clocks.wall += ms;
    clocks.passed += ms;
    t.mock.timers.tick(ms);
    // No write of ours: a commit would wake the scheduler, and its own timer is to do so.
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  const submit = async (notBefore: number) => {
    const task = await store.write(() => store.tasks.insert(plainTask({ notBefore, notBeforeReason: "retry" })));
    await pass(0);
    return task;
  };
  return { clocks, now, store, started, scheduler, pass, submit };
}

test("a clock set back by a day delays no retry and lets no time run backwards", async (t) => {
  const { clocks, now, started, scheduler, pass, submit } = setup(t);
  scheduler.start();
  const { id } = await submit(now() + 10_000);
  const before = now();
  clocks.wall -= dayMs;
  assert.ok(now() >= before);
  await pass(9_000);
  assert.deepEqual(started, []);
  await pass(1_000);
  assert.deepEqual(started, [id]);
});

test("a clock set forward by a day is followed within a minute, and starts a task once", async (t) => {
  const { clocks, now, started, scheduler, pass, submit } = setup(t);
  scheduler.start();
  const { id } = await submit(now() + dayMs);
  clocks.wall += dayMs;
  await pass(60_000);
  assert.deepEqual(started, [id]);
  clocks.wall -= dayMs;
  await pass(120_000);
  assert.deepEqual(started, [id]);
});

test("a clock set forward by 400 days and back makes nothing wait for 400 days", async (t) => {
  const { clocks, now, started, scheduler, pass, submit } = setup(t);
  scheduler.start();
  clocks.wall += 400 * dayMs;
  const { id } = await submit(now() + 10_000);
  const before = now();
  clocks.wall -= 400 * dayMs;
  assert.ok(now() >= before);
  await pass(9_000);
  assert.deepEqual(started, []);
  await pass(1_000);
  assert.deepEqual(started, [id]);
});

test("an attempt that ended while no server ran keeps its own times", async (t) => {
  const w = await fastWorker(t, { CLAUDE_WORKER_KEEP_DAYS: "1" });
  const first = await w.start();
  const tasks = [await w.submit("steps 10 delay 100", { timeout_ms: 3_600_000 }), await w.submit("steps 100000 delay 100")];
  const runners = await Promise.all(tasks.map(({ id }) => runnerOf(w, id)));
  await killAndWait(first.pid);
  process.kill(runners[1] ?? 0, "SIGKILL");
  await noneLeft(w);
  w.env["NODE_OPTIONS"] = shiftedClock(w.place, 400 * dayMs);
  await w.start();
  const [done, killed] = [await w.ended(1), await w.until(2, ({ attempts }) => attempts === 2)];
  assert.equal(done.status, "completed", "no time limit was over, and it is not deleted by its age");
  hasSaneTimes(done);
  const [attempt] = (await w.client.listAttempts({ id: killed.id })).attempts;
  assert.ok(between(attempt?.started_at, attempt?.ended_at) < 600_000);
  await w.cli(["cancel", "2"]);
  hasSaneTimes(await w.ended(2));
  await w.cli(["server", "stop"]);
  w.env["NODE_OPTIONS"] = shiftedClock(w.place, -400 * dayMs);
  await w.start();
  for (const id of [1, 2]) hasSaneTimes(await w.client.getTask({ id }));
  const { id } = await w.submit("steps 1");
  hasSaneTimes(await w.ended(id));
});

/** Milliseconds from one time to another. */
function between(from: string | null | undefined, to: string | null | undefined): number {
  return Date.parse(String(to)) - Date.parse(String(from));
}

/** The first attempt of each of these tasks was over within minutes. */
function hasSaneTimes({ duration_ms, id }: TaskView): void {
  assert.ok(duration_ms !== null && duration_ms >= 0 && duration_ms < 600_000, `task ${id} took ${String(duration_ms)} ms`);
}

test("a machine that sleeps over the end of a hold lifts it within a minute of waking", async (t) => {
  const { clocks, now, store, started, scheduler, pass, submit } = setup(t);
  await store.write(() =>
    store.holds.put({ kind: "rate_limited", scope: "all", message: "five_hour", until: now() + 5 * 3_600_000 }, now()),
  );
  scheduler.start();
  const { id } = await submit(0);
  // Timers and the monotonic clock stand still while a machine sleeps.
  clocks.wall += 6 * 3_600_000;
  await pass(60_000);
  assert.deepEqual(started, [id]);
  assert.deepEqual(store.holds.active(), []);
});

test("events keep their order and their numbers when the clock is set back", async (t) => {
  const { clocks, now, store, submit } = setup(t);
  const { id } = await submit(0);
  for (let index = 0; index < 4; index += 1) {
    await store.write(() => store.events.append(id, null, [{ type: "text", at: now(), data: { text: String(index) } }]));
    clocks.wall -= dayMs;
    clocks.passed += 10;
  }
  const events = store.events.ofTask(id, 0, 10);
  assert.deepEqual(
    events.map((event) => dataOf(event, "text").text),
    ["0", "1", "2", "3"],
  );
  const times = events.map(({ at }) => at);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
});
