/** When tasks that begin with the same prompt start after the first of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { pino } from "pino";
import { FanOutGate } from "../../src/scheduler/fan-out-gate.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import type { SchedulerOptions } from "../../src/scheduler/scheduler.ts";
import type { NewTask } from "../../src/store/store.ts";
import { newAttempt, setup as storeSetup } from "../store/setup.ts";

/** A scheduler with a gate of five seconds; clock and timers stand until the test moves them. */
function setup(t: TestContext, options: Partial<SchedulerOptions> = {}) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const base = storeSetup(t);
  const { store } = base;
  const clock = { at: 1_000_000, looks: 0 };
  const now = (): number => (clock.looks++, clock.at);
  const gate = new FanOutGate({ store, staggerMs: 5000, now });
  const started: number[] = [];
  const startTasks = async (ids: readonly number[]): Promise<void> => {
    await store.write(() => ids.forEach((id) => store.attempts.claim(id, newAttempt(`r${id}-${clock.at}`), now())));
    started.push(...ids);
  };
  const log = pino({ level: "silent" });
  const scheduler = new Scheduler({ store, log, workers: 4, now, account: () => "a", startTasks, fanOut: gate, ...options });
  t.after(() => scheduler.stop());
  const pass = async (ms: number): Promise<void> => {
    clock.at += ms;
    t.mock.timers.tick(ms);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  /** So many tasks of one batch. @returns their numbers. */
  const batch = async (size: number, task: (index: number) => Partial<NewTask> = () => ({})): Promise<number[]> => {
    const ids: number[] = [];
    for (let index = 0; index < size; index += 1) {
      const own = { createdAt: 0, prompt: `part ${index}`, ...task(index) };
      const [first] = ids;
      ids.push((await base.submit(first === undefined ? own : { ...own, batch: first })).id);
      if (first !== undefined) await store.write(() => store.tasks.patch(first, 0, { batch: first }));
    }
    return ids;
  };
  const answer = (id: number): Promise<unknown> => store.write(() => store.turns.count(id, `message-${id}-${clock.at}`));
  const end = (id: number): Promise<void> =>
    store.write(() => {
      const open = store.attempts.open().find(({ taskId }) => taskId === id);
      store.attempts.close(open?.id ?? 0, { kind: "succeeded", message: "" }, now());
      store.tasks.transition(id, "complete", now());
    });
  return { ...base, clock, gate, started, scheduler, pass, batch, answer, end };
}

test("tasks of a batch start once the first has its first answer", async (t) => {
  const { started, scheduler, pass, batch, answer, gate } = setup(t);
  const [first, ...others] = await batch(3);
  assert.ok(first !== undefined);
  scheduler.start();
  await pass(0);
  assert.deepEqual(started, [first]);
  const block = gate.blockOf(others[0] ?? 0);
  assert.deepEqual([block?.reason, block?.blocker, block?.until], ["prompt_cache", `task:${first}`, 1_005_000]);
  assert.match(block?.message ?? "", /^It starts after the first answer of task 1, .* In 5\.0 s at the latest \(fan_out_stagger_ms\)/);
  await pass(1000);
  assert.deepEqual(started, [first]);
  await answer(first);
  await pass(0);
  assert.deepEqual(started, [first, ...others]);
  assert.equal(gate.blockOf(others[0] ?? 0), null);
});

test("tasks of a batch wait for the first answer for five seconds at most", async (t) => {
  const { started, scheduler, pass, batch, gate } = setup(t);
  const ids = await batch(3);
  scheduler.start();
  await pass(0);
  await pass(4999);
  assert.deepEqual(started, ids.slice(0, 1));
  await pass(1);
  assert.deepEqual(started, ids);
  assert.equal(gate.nextAt, null);
});

test("a batch holds up no other tasks, and others of it take no slots", async (t) => {
  const { started, scheduler, pass, batch, submit } = setup(t, { workers: 3 });
  const ids = await batch(100);
  const alone = await submit({ createdAt: 1 });
  const [other] = await batch(2, () => ({ createdAt: 2 }));
  scheduler.start();
  await pass(0);
  assert.deepEqual(started, [ids[0], alone.id, other]);
});

test("tasks that begin otherwise, and tasks that were submitted alone, start at once", async (t) => {
  const { started, scheduler, pass, batch, submit } = setup(t, { workers: 20 });
  const different = [
    {},
    { model: "opus" },
    { systemPrompt: "You review." },
    { profile: "work" },
    { workingDirectory: "/elsewhere" },
    { jsonSchema: { type: "object" as const } },
  ];
  const ids = await batch(different.length, (index) => different[index] ?? {});
  for (const _ of [1, 2, 3]) ids.push((await submit({ createdAt: 0 })).id);
  scheduler.start();
  await pass(0);
  assert.deepEqual(started, ids);
});

test("tasks that a task submits, and those of a workflow's run, follow their first one", async (t) => {
  const { started, scheduler, pass, store, submit, answer } = setup(t, { workers: 20 });
  const top = await submit({ createdAt: 0 });
  const below = [await submit({ createdAt: 0, parentId: top.id }), await submit({ createdAt: 0, parentId: top.id })];
  const steps = [await submit({ createdAt: 0 }), await submit({ createdAt: 0 }), await submit({ createdAt: 0 })];
  await store.write(() => {
    for (const { id } of below) store.agentTasks.insert({ taskId: id, client: "a", rootId: top.id });
    const workflowId = store.workflows.insert({ name: "w", inputs: {}, workingDirectory: "/home/me/project", createdAt: 0 });
    const given = { needs: {}, inputs: {}, matrix: {} };
    const step = { workflowId, parent: null, needs: [], condition: null, onFailure: "stop", given, spec: null } as const;
    steps.forEach(({ id }, index) =>
      store.workflows.addStep({ ...step, taskId: id, key: `k${index}`, kind: index === 0 ? "approval" : "task" }),
    );
  });
  scheduler.start();
  await pass(0);
  // A step without Claude is neither the first one, nor does it wait.
  const atOnce = [top.id, below[0]?.id, steps[0]?.id, steps[1]?.id];
  assert.deepEqual(started, atOnce);
  await answer(below[0]?.id ?? 0);
  await pass(0);
  assert.deepEqual(started, [...atOnce, below[1]?.id]);
});

test("while the cache has the prompt, later ones of a batch start at once", async (t) => {
  const { started, scheduler, pass, batch, answer, end } = setup(t, { workers: 2 });
  const ids = await batch(4);
  scheduler.start();
  await pass(0);
  await answer(ids[0] ?? 0);
  await pass(0);
  assert.deepEqual(started, ids.slice(0, 2));
  // They run for longer than the cache lasts, and each of their calls reads the prompt.
  await pass(600_000);
  await end(ids[0] ?? 0);
  await end(ids[1] ?? 0);
  await pass(0);
  assert.deepEqual(started, ids);
});

test("the first one after a rest is a first one again", async (t) => {
  const { started, scheduler, pass, batch, answer, end, store } = setup(t);
  const ids = await batch(4, (index) => (index < 2 ? {} : { stashedAt: 1 }));
  scheduler.start();
  await pass(0);
  await answer(ids[0] ?? 0);
  await pass(0);
  for (const id of started) await end(id);
  await pass(600_000);
  await store.write(() => ids.slice(2).forEach((id) => store.tasks.patch(id, 1, { stashedAt: null })));
  await pass(0);
  assert.deepEqual(started, ids.slice(0, 3));
  await pass(5000);
  assert.deepEqual(started, ids);
});

test("when the first one ends without an answer, the others start", async (t) => {
  const { started, scheduler, pass, batch, end } = setup(t);
  const ids = await batch(3);
  scheduler.start();
  await pass(0);
  await end(ids[0] ?? 0);
  await pass(0);
  assert.deepEqual(started, ids);
});

test("when the first one was not started after all, the next one is the first", async (t) => {
  let refused = 0;
  const { store, pass, batch, scheduler, started } = setup(t, {
    startTasks: async (ids) => {
      if (refused++ === 0) await store.write(() => void store.tasks.transition(ids[0] ?? 0, "cancel", 1));
      else {
        await store.write(() => ids.forEach((id) => store.attempts.claim(id, newAttempt(`r${id}`), 1)));
        started.push(...ids);
      }
    },
  });
  const ids = await batch(3);
  scheduler.start();
  await pass(0);
  assert.deepEqual(started, ids.slice(1, 2));
});

test("a task without rights is no first one, and one with a session waits for none", async (t) => {
  const { started, scheduler, pass, batch, store } = setup(t, { mayStart: (id) => id !== 1 });
  const ids = await batch(4);
  await store.write(() => store.tasks.patch(ids[3] ?? 0, 1, { sessionId: "s", resumable: true }));
  scheduler.start();
  await pass(0);
  assert.deepEqual(started, [ids[1], ids[3]]);
});

test("an idle server looks at no clock, also while a batch runs", async (t) => {
  const { scheduler, pass, batch, clock, answer } = setup(t);
  const ids = await batch(3);
  scheduler.start();
  await pass(0);
  await answer(ids[0] ?? 0);
  await pass(0);
  const { looks } = clock;
  for (let minute = 0; minute < 10; minute += 1) await pass(60_000);
  assert.equal(clock.looks, looks);
});
