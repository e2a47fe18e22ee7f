import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { pino } from "pino";
import { ResourceGate } from "../../src/scheduler/resource-gate.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import { newAttempt, setup as storeSetup } from "../store/setup.ts";

/** A scheduler on a machine whose state the test sets; clock and timers stand. */
function setup(t: TestContext, workers = 4) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const base = storeSetup(t);
  const { store } = base;
  const clock = { at: 1_000_000 };
  const machine = { freeMemoryMb: 10_000, loadPerCpu: 0, disks: new Map<string, number>(), looks: 0 };
  const now = (): number => clock.at;
  const gate = new ResourceGate({
    store,
    floors: { minFreeMemoryMb: 500, minFreeDiskMb: 200, maxLoadPerCpu: 8 },
    home: "/data",
    readMachine: async () => {
      machine.looks += 1;
      return { ...machine };
    },
    freeDiskMb: async (path) => machine.disks.get(path) ?? 5_000,
    now,
  });
  const started: number[] = [];
  const startTasks = async (ids: readonly number[]): Promise<void> => {
    await store.write(() => ids.forEach((id) => store.attempts.claim(id, newAttempt(`r${id}`), now())));
    started.push(...ids);
  };
  const log = pino({ level: "silent" });
  const scheduler = new Scheduler({ store, log, workers, now, account: () => "a", startTasks, resources: gate });
  t.after(() => scheduler.stop());
  const pass = async (ms: number): Promise<void> => {
    clock.at += ms;
    t.mock.timers.tick(ms);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  const end = (id: number): Promise<void> =>
    store.write(() => {
      const open = store.attempts.open().find(({ taskId }) => taskId === id);
      store.attempts.close(open?.id ?? 0, { kind: "succeeded", message: "" }, now());
      store.tasks.transition(id, "complete", now());
    });
  return { ...base, clock, machine, gate, started, scheduler, pass, end };
}

test("tasks start one after another while the memory suffices for one", async (t) => {
  const { store, machine, submit, started, scheduler, pass, gate, end } = setup(t);
  await store.write(() => [800, 700, 650].forEach((mb) => store.memoryPeaks.learn("/home/me/project", "default", mb, 1)));
  machine.freeMemoryMb = 1_800;
  for (const _ of [1, 2, 3]) await submit({ createdAt: 0 });
  scheduler.start();
  await pass(0);
  assert.deepEqual(started, [1]);
  assert.match(gate.blockOf(2)?.message ?? "", /^The machine has 1800 MB.*just started will take 700 MB.*expected to take 700 MB/);
  assert.match(gate.blockOf(3)?.message ?? "", /^It comes after task 2\. The machine has/);
  await pass(50_000);
  assert.deepEqual(started, [1], "the first may still grow");
  await pass(10_000);
  assert.deepEqual(started, [1, 2], "the figures have it by now");
  machine.freeMemoryMb = 100;
  await pass(60_000);
  assert.deepEqual(started, [1, 2]);
  await end(1);
  await end(2);
  await pass(0);
  assert.deepEqual(started, [1, 2, 3], "nothing else runs: waiting would have no end");
});

test("a small task does not overtake one that waits for memory", async (t) => {
  const { store, machine, submit, started, scheduler, pass } = setup(t);
  await store.write(() => {
    store.memoryPeaks.learn("/big", "default", 9_000, 1);
    store.memoryPeaks.learn("/small", "default", 10, 1);
  });
  machine.freeMemoryMb = 2_000;
  for (const workingDirectory of ["/small", "/big", "/small"]) await submit({ workingDirectory, createdAt: 0 });
  scheduler.start();
  await pass(0);
  assert.deepEqual(started, [1]);
});

test("tasks of a full disk hold up no others", async (t) => {
  const { machine, submit, started, scheduler, pass, gate } = setup(t, 2);
  machine.disks.set("/full", 10);
  for (const _ of [1, 2, 3]) await submit({ workingDirectory: "/full", createdAt: 0 });
  for (const _ of [4, 5]) await submit({ createdAt: 0 });
  scheduler.start();
  await pass(0);
  assert.deepEqual(started, [4, 5]);
  assert.equal(gate.blockOf(3)?.blocker, "disk:/full");
});

test("a full disk is looked at again, and its tasks start when it has room", async (t) => {
  const { machine, submit, started, scheduler, pass, gate } = setup(t);
  machine.disks.set("/data", 10);
  await submit({ createdAt: 0 });
  scheduler.start();
  await pass(0);
  assert.deepEqual([started, gate.blockOf(1)?.blocker], [[], "disk:/data"]);
  machine.disks.clear();
  await pass(10_000);
  assert.deepEqual([started, gate.blockOf(1)], [[1], null]);
});

test("the machine is not looked at while no task waits for it", async (t) => {
  const { machine, submit, scheduler, pass } = setup(t, 1);
  scheduler.start();
  await pass(600_000);
  assert.equal(machine.looks, 0);
  await submit({ createdAt: 0 });
  await submit({ createdAt: 0 });
  await pass(0);
  for (let minute = 0; minute < 10; minute += 1) await pass(60_000);
  assert.equal(machine.looks, 1, "the second task waits for a slot");
});

test("doors show the machine as of the last ten seconds, and what waits for it", async (t) => {
  const { gate, machine, clock, submit, scheduler, pass } = setup(t);
  assert.partialDeepStrictEqual(await gate.look(), { freeMemoryMb: 10_000, loadPerCpu: 0, freeDiskMb: 5_000, shortOf: null });
  const { looks } = machine;
  machine.freeMemoryMb = 700;
  assert.equal((await gate.look()).freeMemoryMb, 10_000);
  assert.equal(machine.looks, looks);
  clock.at += 10_000;
  assert.equal((await gate.look()).freeMemoryMb, 700);
  for (const _ of [1, 2]) await submit({ createdAt: 0 });
  scheduler.start();
  await pass(0);
  assert.match((await gate.look()).shortOf ?? "", /The machine has 700 MB of memory free/);
});
