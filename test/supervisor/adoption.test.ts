import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import { runnerSocketPath } from "../../src/config/paths.ts";
import type { Paths } from "../../src/config/paths.ts";
import { cancelTask } from "../../src/operations/tasks/cancel-task.ts";
import type { ToRunner } from "../../src/attempt-protocol/protocol.ts";
import type { RunnerPool } from "../../src/supervisor/runner-pool.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import type { SupervisorOptions } from "../../src/supervisor/supervisor.ts";
import { setup } from "../store/setup.ts";
import { permission } from "../../testing/plain-question.ts";
import { until } from "../../testing/wait.ts";

const person = { scope: "admin", name: "a person" } as const;

test("a cancel during the adoption of an attempt reaches its runner", async (t) => {
  const { store, supervisor, told, task, connected, sayHello } = await adoption(t, { answers: false });
  await supervisor.start();
  await connected;
  await cancelTask(store, task.id, person, Date.now());
  sayHello();
  await until("the stop", () => told.find(({ type }) => type === "stop"));
  assert.deepEqual(told, [{ type: "stop", reason: "cancelled", graceMs: 60_000 }]);
});

test("a time limit that ends while the database is locked is kept afterwards", async (t) => {
  const { supervisor, told, raw } = await adoption(t, { timeoutMs: 1_000 });
  await supervisor.start();
  const other = raw();
  other.exec("BEGIN IMMEDIATE");
  await delay(1_000); // Nothing may be sent meanwhile: only time can show that.
  assert.deepEqual(told, []);
  other.exec("ROLLBACK");
  await until("the stop", () => told.find(({ type }) => type === "stop"));
  assert.deepEqual(told, [{ type: "stop", reason: "timed_out", graceMs: 60_000 }]);
});

test("a hold on paid overage stops running attempts of its own account only", async (t) => {
  const hold = { message: "Held.", until: null } as const;
  // Its time is over: a stop follows whatever is told first.
  const { store, supervisor, told } = await adoption(t, { timeoutMs: 1_000 });
  await store.write(() => {
    store.holds.put({ ...hold, kind: "manual", scope: "all" }, 1);
    store.holds.put({ ...hold, kind: "overage", scope: "account:b" }, 1);
  });
  await supervisor.start();
  await until("the stop", () => told.some(({ type }) => type === "stop"));
  assert.deepEqual(
    told.map(({ type }) => type),
    ["stop"],
  );
  const other = await adoption(t);
  await other.store.write(() => other.store.holds.put({ ...hold, kind: "overage", scope: "account:a" }, 1));
  await other.supervisor.start();
  await until("the stop", () => other.told.length > 0);
  assert.deepEqual(other.told, [{ type: "stop_at_step" }]);
});

test("a hard reserve stops running attempts, but for those that ignore it", async (t) => {
  const hold = { kind: "reserve_hard", scope: "account:a", message: "Held.", until: null } as const;
  const { store, supervisor, told } = await adoption(t);
  await store.write(() => store.holds.put({ ...hold, kind: "reserve" }, 1));
  await supervisor.start();
  await store.write(() => store.holds.put(hold, 1));
  await until("the stop", () => told.length > 0);
  assert.deepEqual(told, [{ type: "stop_at_step" }]);

  // Its time is over: a stop follows whatever is told first.
  const ignoring = await adoption(t, { ignoreReserve: true, timeoutMs: 1_000 });
  await ignoring.store.write(() => ignoring.store.holds.put(hold, 1));
  await ignoring.supervisor.start();
  await until("the stop", () => ignoring.told.some(({ type }) => type === "stop"));
  assert.equal(ignoring.told[0]?.type, "stop");
});

test("a spent hard budget stops what runs between two steps, a soft one does not", async (t) => {
  const { store, supervisor, told, task } = await adoption(t, { timeoutMs: 3_000 });
  const budget = { scope: "group:default", period: "day", limitUsd: 1, isHard: false } as const;
  await store.write(() => {
    store.budgets.put(budget, Date.now());
    store.tasks.patch(task.id, Date.now(), { costUsd: 1.2 });
  });
  await supervisor.start();
  await until("the time limit's stop, and nothing before", () => told.length > 0);
  assert.equal(told[0]?.type, "stop");

  const hard = await adoption(t);
  await hard.supervisor.start();
  await hard.store.write(() => hard.store.budgets.put({ ...budget, isHard: true }, Date.now()));
  await hard.store.write(() => hard.store.tasks.patch(hard.task.id, Date.now(), { costUsd: 0.9 }));
  assert.deepEqual(hard.told, []);
  await hard.store.write(() => hard.store.tasks.patch(hard.task.id, Date.now(), { costUsd: 1 }));
  await until("the stop", () => hard.told.length > 0);
  assert.deepEqual(hard.told, [{ type: "stop_at_step" }]);
});

test("a task stops when it and the tasks below it have spent its budget", async (t) => {
  const { store, supervisor, told, task, submit } = await adoption(t, { maxBudgetUsd: 2 });
  const child = await submit({ parentId: task.id, depth: 1 });
  await store.write(() => store.agentTasks.insert({ taskId: child.id, client: "c", rootId: task.id }));
  await supervisor.start();
  await store.write(() => store.tasks.patch(child.id, Date.now(), { costUsd: 1.5 }));
  await store.write(() => store.tasks.patch(task.id, Date.now(), { costUsd: 0.4 }));
  assert.deepEqual(told, []);
  await store.write(() => store.tasks.patch(task.id, Date.now(), { costUsd: 0.5 }));
  await until("the stop", () => told.length > 0);
  assert.deepEqual(told, [{ type: "stop_at_step" }]);
});

test("attempts that are stopped keep the reason in the store", async (t) => {
  const all = await adoption(t);
  await all.supervisor.start();
  await all.supervisor.stopAll("interrupted");
  await until("the stop", () => all.told.find(({ type }) => type === "stop"));
  assert.deepEqual(all.told, [{ type: "stop", reason: "interrupted", graceMs: 60_000 }]);
  assert.equal(all.store.attempts.get(all.attempt.id)?.stopRequested, "interrupted");

  const one = await adoption(t);
  await one.supervisor.start();
  assert.equal(await one.supervisor.stopTask(one.task.id + 1, "cancelled"), false);
  assert.equal(await one.supervisor.stopTask(one.task.id, "cancelled"), true);
  await until("the stop", () => one.told.length > 0);
  assert.deepEqual(one.told, [{ type: "stop", reason: "cancelled", graceMs: 60_000 }]);
  await until("the stored reason", () => one.store.attempts.get(one.attempt.id)?.stopRequested === "cancelled");
});

for (const [keptRunners, staying] of [
  [0, 1],
  [1, 0],
] as const) {
  test(`of one runner that cannot leave ${staying} holds a slot where ${keptRunners} are kept`, async (t) => {
    let now = Date.now();
    const { supervisor, store, task, attempt, told } = await adoption(t, { keptRunners, parkAfterMs: 0, now: () => now });
    await store.write(() => {
      store.questions.ask(task.id, attempt.id, { ...permission, agentId: "helper" }, { askedAt: now, deadline: null });
      store.tasks.transition(task.id, "ask", now);
    });
    await supervisor.start();
    await until("the runner to be asked to leave", () => told.some(({ type }) => type === "park"));
    assert.deepEqual(supervisor.slotsOfWaiting(), { leaving: 1, staying: 0 });
    now += 31_000;
    assert.deepEqual(supervisor.slotsOfWaiting(), { leaving: 0, staying });
  });
}

test("parked runners come with the supervisor and leave with it", async (t) => {
  const { supervisor, pooled } = await adoption(t);
  await supervisor.start();
  await supervisor.start();
  assert.deepEqual(pooled, ["start"]);
  await supervisor.stop();
  assert.deepEqual(pooled, ["start", "stop"]);
});

/**
 * An attempt that an earlier server left, begun long ago, with a stand-in for its runner that notes
 * what it is told. @param answers false: the stand-in greets the server only at `sayHello`.
 */
async function adoption(
  t: TestContext,
  {
    answers = true,
    timeoutMs = null,
    ignoreReserve = false,
    maxBudgetUsd = null,
    ...more
  }: { answers?: boolean; timeoutMs?: number | null; ignoreReserve?: boolean; maxBudgetUsd?: number | null } & Partial<
    Pick<SupervisorOptions, "now" | "keptRunners" | "parkAfterMs">
  > = {},
) {
  const own = setup(t);
  const { store, directory, file } = own;
  const { task, attempt } = await own.start({ timeoutMs, ignoreReserve, maxBudgetUsd });
  const run = path.join(directory, "run");
  mkdirSync(run);
  const paths = { home: directory, logs: directory, run, serverLog: path.join(directory, "log"), database: file } as Paths;
  const told: ToRunner[] = [];
  const hello = { type: "hello", protocol: 1, runnerId: attempt.runnerId, pid: process.pid, attemptId: attempt.id, journalSize: 0 };
  let [sayHello, isConnected] = [(): void => {}, (): void => {}];
  const connected = new Promise<void>((resolve) => (isConnected = resolve));
  const runner = createServer((socket) => {
    socket.setEncoding("utf8").on("data", (text: string) => {
      for (const line of text.trim().split("\n")) told.push(JSON.parse(line) as ToRunner);
    });
    socket.on("error", () => {});
    sayHello = () => void socket.write(`${JSON.stringify(hello)}\n`);
    if (answers) sayHello();
    isConnected();
  });
  await new Promise<void>((resolve) => runner.listen(runnerSocketPath(paths, attempt.runnerId), resolve));
  const pooled: string[] = [];
  const pool = {
    start: () => void pooled.push("start"),
    stop: async () => void pooled.push("stop"),
  } as unknown as RunnerPool;
  const log = pino({ level: "silent" });
  const limits = {
    stopGraceMs: 60_000,
    stallTimeoutMs: null,
    parkAfterMs: 600_000,
    keptRunners: 4,
    backgroundGraceMs: 300_000,
    hookTimeoutMs: null,
    verifyTimeoutMs: 60_000,
    setupTimeoutMs: 60_000,
    bootId: null,
    nodeId: "here",
    account: () => "a",
    refusalTries: 5,
    overage: "forbid" as const,
  };
  const supervisor = new Supervisor({ store, paths, log, pool, now: Date.now, random: Math.random, ...limits, ...more });
  t.after(async () => {
    await supervisor.stop();
    runner.close();
  });
  return { ...own, task, attempt, supervisor, told, pooled, connected, sayHello: () => sayHello() };
}
