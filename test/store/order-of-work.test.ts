import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { waitingFor } from "../../src/domain/order/admission.ts";
import type { WaitingFor } from "../../src/domain/order/admission.ts";
import { pathsFrom } from "../../src/config/paths.ts";
import type { Attempt } from "../../src/domain/task/task.ts";
import type { TaskStatus } from "../../src/domain/task/status.ts";
import type { Store, TaskRow } from "../../src/store/store.ts";
import { claimTask } from "../../src/supervisor/claim-task.ts";
import { admit } from "../../testing/admit.ts";
import { plainTask } from "../../testing/plain-task.ts";
import { randomFrom } from "../chaos/plan.ts";
import { limits } from "../chaos/plan-order.ts";
import { randomGraph, wrongEnds } from "../chaos/random-graph.ts";
import type { GraphTask } from "../chaos/random-graph.ts";
import { setup } from "./setup.ts";

const slots = 8;
const dayMs = 86_400_000;
/** US dollars in a day of UTC. Hard budgets ask for no estimate: own sums say what may start. */
const budgets: Readonly<Record<string, number>> = { "group:pair": 1.5, "label:team=x": 2 };
const isOver = (status: TaskStatus): boolean => /^(completed|failed|cancelled|skipped)$/.test(status);

/** A server on the store's file, without processes: the store decides everything that counts. */
interface Night {
  readonly graph: readonly GraphTask[];
  readonly ids: readonly number[];
  readonly directory: string;
  now: number;
  /** What was spent, by scope and day. */
  readonly spent: Map<string, number>;
  counts: Readonly<Partial<Record<TaskStatus, number>>>;
}

async function insert({ graph }: Pick<Night, "graph">, store: Store): Promise<number[]> {
  return await store.write(() => {
    for (const [name, limit] of Object.entries(limits)) store.groups.put({ name, maxRunning: limit, pausedAt: null, createdAt: 1 });
    for (const [scope, limitUsd] of Object.entries(budgets)) store.budgets.put({ scope, period: "day", limitUsd, isHard: true }, 1);
    const ids: number[] = [];
    for (const { group, locks, needs, isLabelled } of graph) {
      const { id } = store.tasks.insert(plainTask({ group, locks: [...locks], labels: isLabelled ? { team: "x" } : {} }));
      ids.push(id);
      store.dependencies.add(
        id,
        needs.map(({ place, on }) => ({ task: ids[place] ?? 0, on })),
      );
    }
    return ids;
  });
}

/** Claims as the supervisor does. @returns those that got an attempt. */
async function claimAll(store: Store, night: Night, chosen: readonly number[]): Promise<number[]> {
  const { directory } = night;
  const paths = pathsFrom({ HOME: directory, CLAUDE_WORKER_HOME: directory });
  const context = { store, paths, nodeId: "n", bootId: null, now: () => night.now, account: () => "a" };
  const runner = { warm: false, profile: "default", connect: () => Promise.resolve(null) };
  return await store.write(() => chosen.filter((id) => claimTask(context, id, { ...runner, runnerId: `r${night.now}-${id}` }) !== null));
}

type Scoped = Pick<TaskRow, "group" | "labels">;

/** The budgets of a task, as the keys of what was spent in this day. */
function budgetsOf({ group, labels }: Scoped, { now }: Night): { readonly scope: string; readonly key: string }[] {
  const scopes = [`group:${group}`, ...(labels["team"] === undefined ? [] : [`label:team=${labels["team"]}`])];
  return scopes.filter((scope) => Object.hasOwn(budgets, scope)).map((scope) => ({ scope, key: `${scope} ${Math.floor(now / dayMs)}` }));
}

/** The budgets of a task that are spent. */
function spentBudgets(task: Scoped, night: Night): string[] {
  const isSpent = (scope: string, key: string): boolean => (night.spent.get(key) ?? 0) >= (budgets[scope] ?? 0) - 1e-6;
  return budgetsOf(task, night).flatMap(({ scope, key }) => (isSpent(scope, key) ? [scope] : []));
}

/** Inside `write`. The task's costs rise. */
function pay(store: Store, night: Night, id: number, usd: number): void {
  const task = store.tasks.row(id) ?? assert.fail();
  store.tasks.patch(id, night.now, { costUsd: (task.costUsd ?? 0) + usd });
  for (const { key } of budgetsOf(task, night)) night.spent.set(key, (night.spent.get(key) ?? 0) + usd);
}

/** Inside `write`. Ends an open attempt and its task, or lets the task wait for its next try. */
function end(store: Store, { now }: Night, { id: attempt, taskId }: Attempt, how: "complete" | "fail" | "requeue" | "cancel"): void {
  store.attempts.adopt(attempt);
  store.attempts.close(attempt, { kind: "succeeded", message: "" }, now);
  store.tasks.transition(taskId, how, now, how === "requeue" ? { notBefore: now + 3, notBeforeReason: "retry" } : {});
}

function rowsOf(store: Store, { ids }: Night): Map<number, TaskRow> {
  return new Map(ids.map((id) => [id, store.tasks.row(id) ?? assert.fail(`task ${id} is gone`)]));
}

/** Limits and locks, counted in the rows. */
function checkLanes(rows: ReadonlyMap<number, TaskRow>): void {
  const running = [...rows.values()].filter(({ status }) => status === "running");
  assert.ok(running.length <= slots, `${running.length} run`);
  for (const [group, limit] of Object.entries(limits))
    assert.ok(running.filter((task) => task.group === group).length <= limit, `group ${group} is over its limit`);
  const held = [...rows.values()].filter(({ status }) => status === "running" || status === "waiting").flatMap(({ locks }) => locks);
  assert.equal(new Set(held).size, held.length, `a lock is held twice: ${held.join()}`);
}

/** The reason names what really is in the way. */
function checkReason(reason: WaitingFor, task: TaskRow, rows: ReadonlyMap<number, TaskRow>, night: Night): void {
  const [kind = "", name = ""] = reason.blocker?.split(":") ?? [];
  const running = [...rows.values()].filter(({ status }) => status === "running");
  if (reason.reason === "budget") {
    const spent = spentBudgets(task, night);
    assert.ok(
      spent.some((scope) => reason.blocker === `budget:${scope}:day`),
      reason.message,
    );
    assert.equal(reason.until, (Math.floor(night.now / dayMs) + 1) * dayMs);
  } else if (reason.reason === "dependency") {
    assert.equal(kind, "task");
    assert.equal(isOver(rows.get(Number(name))?.status ?? assert.fail()), false, `task ${task.id} waits for a task that has ended`);
  } else if (reason.reason === "group") {
    assert.deepEqual([kind, name], ["group", task.group]);
    assert.equal(running.filter(({ group }) => group === name).length, limits[name]);
  } else if (reason.reason === "lock") {
    const holder = [...rows.values()].find(({ status, locks }) => (status === "running" || status === "waiting") && locks.includes(name));
    assert.ok(holder !== undefined && holder.id !== task.id && task.locks.includes(name), reason.message);
    assert.match(reason.message, new RegExp(`task ${holder.id}\\b`));
  } else if (reason.reason === "retry") assert.ok((reason.until ?? 0) > night.now);
  else assert.deepEqual([reason.reason, running.length], ["capacity", slots]);
}

/** Each pending task may start, or says truly why not; the query starts what the rules start. */
function checkAdmission(store: Store, night: Night): void {
  const rows = rowsOf(store, night);
  checkLanes(rows);
  const pending = [...rows.values()].filter(({ status }) => status === "pending");
  const lanes = store.groups.lanes(night.now);
  const running = [...rows.values()].filter(({ status }) => status === "running").length;
  const context = { running, slots, holds: [], account: () => "a", now: night.now, waitsFor: store.dependencies.waitsFor, lanes };
  const free = pending.filter((task) => {
    const reason = waitingFor(task, context);
    if (reason !== null) checkReason(reason, task, rows, night);
    return reason === null;
  });
  const { start } = admit({ pending, ...context });
  assert.deepEqual(store.tasks.startable(night.now, slots - running, { lanes }), start);
  assert.equal(free.length > 0, start.length > 0, "a task may start, and none would");
}

const begins = Date.parse("2027-03-27T20:00:00Z");

function earliest(moments: readonly (number | null)[]): number | null {
  const known = moments.filter((moment) => moment !== null);
  return known.length === 0 ? null : Math.min(...known);
}

async function play(t: TestContext, { seed, size, isThorough }: { seed: number; size: number; isThorough: boolean }): Promise<Night> {
  const random = randomFrom(seed);
  const { open: openAny, directory } = setup(t);
  const open = (): Store => openAny({ timeZone: "UTC" });
  const first = open();
  const graph = randomGraph(random, size);
  const night: Night = { graph, ids: await insert({ graph }, first), directory, now: begins, spent: new Map(), counts: {} };
  let store = first;
  let stale: readonly number[] = [];
  for (let step = 0; ; step += 1) {
    night.now += 1;
    if (isThorough || step % 25 === 0) checkAdmission(store, night);
    const { running, pending } = store.tasks.counts();
    if (running + pending === 0) break;
    assert.ok(step < size * 4, "the night does not end");
    const lanes = store.groups.lanes(night.now);
    const chosen = store.tasks.startable(night.now, Math.ceil((slots - running) / 2), { lanes });
    // The late ones were chosen a moment ago, by a scheduler that knew of no group and no lock.
    const left = slots - running - chosen.length;
    const late = stale.filter((id) => !chosen.includes(id) && store.tasks.row(id)?.status === "pending").slice(0, left);
    // What is left waits for a time: the next try, or the next day.
    if (running + chosen.length === 0) night.now = earliest([store.tasks.nextStartAt(night.now), lanes.nextTurn]) ?? night.now;
    const claims = [claimAll(store, night, chosen), claimAll(store, night, late)];
    const [got] = await Promise.all(claims);
    assert.deepEqual(got, chosen, "what was chosen starts");
    for (const id of chosen) assert.deepEqual(spentBudgets(store.tasks.row(id) ?? assert.fail(), night), [], `task ${id} has no budget`);
    if (isThorough) checkLanes(rowsOf(store, night));
    if (random() < 0.5) stale = store.tasks.startable(night.now, 50);
    if (random() < 0.02) store = open(); // As after a kill: another server adopts what runs.
    await store.write(() => {
      for (const attempt of store.attempts.open()) {
        const dice = random();
        const { fails } = graph[attempt.taskId - (night.ids[0] ?? 0)] ?? assert.fail();
        pay(store, night, attempt.taskId, random() * 0.2);
        if (dice < 0.6) end(store, night, attempt, fails ? "fail" : "complete");
        else if (dice < 0.68) end(store, night, attempt, "requeue");
        else if (dice < 0.69) end(store, night, attempt, "cancel");
      }
    });
  }
  const ends = [...rowsOf(store, night).values()].map(({ status }) => status);
  assert.deepEqual(wrongEnds(graph, ends), []);
  night.counts = store.tasks.counts();
  return night;
}

for (const seed of [1, 2, 3, 4])
  test(`admission is total and passes no limit and no lock, seed ${seed}`, async (t) =>
    void (await play(t, { seed, size: 60, isThorough: true })));

test("a graph of a thousand tasks with random failures ends with each rule kept", async (t) => {
  const began = performance.now();
  const night = await play(t, { seed: 5, size: 1000, isThorough: false });
  t.diagnostic(
    `${JSON.stringify(night.counts)}, ${Math.ceil((night.now - begins) / dayMs)} days, ${Math.round(performance.now() - began)} ms`,
  );
});
