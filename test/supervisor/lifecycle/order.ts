/**
 * The order of work: commands that submit after other tasks, put aside, delay, edit and set groups,
 * and what the model says about it, in words of its own.
 */
import assert from "node:assert/strict";
import { waitingFor } from "../../../src/domain/order/admission.ts";
import { setGroup } from "../../../src/operations/groups/manage-groups.ts";
import { enqueueTask, stashTask } from "../../../src/operations/tasks/stash-task.ts";
import { updateTask } from "../../../src/operations/tasks/update-task.ts";
import { caller } from "./model.ts";
import type { Model, ModelNeed, ModelTask, Real, Turn } from "./model.ts";

const conditions = ["completed", "failed", "ended"] as const;
const lockSets: readonly (readonly string[])[] = [[], [], ["db"], ["net"], ["db", "net"]];
const groups = ["default", "default", "small"] as const;
const hasEnded = (status: string): boolean => /^(completed|failed|cancelled|skipped)$/.test(status);

type NewOrder = Pick<ModelTask, "needs" | "stashed" | "notBefore" | "group" | "locks">;

/** The order of a new task. @param more entropy. */
export function anyOrder(model: Model, more: number): NewOrder {
  const draw = drawFrom(more);
  const needs: ModelNeed[] = model.tasks.flatMap((_, index) =>
    draw(5) < 3 ? [{ task: index + 1, on: conditions[draw(3)] ?? "ended", state: "waiting" as const }] : [],
  );
  const notBefore = draw(6) === 0 ? model.now + 60_000 : null;
  return { needs, stashed: draw(8) === 0, notBefore, group: groups[draw(3)] ?? "default", locks: [...(lockSets[draw(5)] ?? [])] };
}

/** Small numbers out of a large one. */
function drawFrom(more: number): (below: number) => number {
  let left = more;
  return (below) => {
    const drawn = left % below;
    left = Math.floor(left / below);
    return drawn;
  };
}

/** After each write: dependents follow what has happened. A task runs after lower numbers only. */
export function settle(model: Model): void {
  const { tasks } = model;
  for (const task of tasks) {
    for (const need of task.needs) {
      if (need.state === "met" || need.state === "waived") continue;
      const { status } = tasks[need.task - 1] ?? assert.fail();
      need.state = !hasEnded(status) ? "waiting" : need.on === "ended" || need.on === status ? "met" : "impossible";
    }
    const isImpossible = task.needs.some(({ state }) => state === "impossible");
    if (task.status === "pending" && isImpossible) {
      Object.assign(task, { status: "skipped", endings: task.endings + 1 });
      model.skipped += 1;
    } else if (task.status === "skipped" && !isImpossible) {
      task.status = "pending";
      model.revived += 1;
    }
  }
}

/** Why a pending task waits, and what it waits for; null: it may start. */
function reasonOf(task: ModelTask, model: Model, beside: readonly ModelTask[] = []): readonly [string, string | null] | null {
  if (task.stashed) return ["stashed", null];
  const waits = task.needs.filter(({ state }) => state === "waiting").toSorted((a, b) => a.task - b.task)[0];
  if (waits !== undefined) return ["dependency", `task:${waits.task}`];
  if (model.held) return ["hold", null];
  if (task.notBefore !== null && task.notBefore > model.now) return [task.isRetry ? "retry" : "time", null];
  const { limit = null, isPaused = false } = model.groups.get(task.group) ?? {};
  const running = [...model.tasks.filter(({ status }) => status === "running"), ...beside].filter(({ group }) => group === task.group);
  if (isPaused || (limit !== null && running.length >= limit)) return ["group", `group:${task.group}`];
  const holders = [...model.tasks.filter(({ status }) => status === "running" || status === "waiting"), ...beside];
  const lock = task.locks.find((name) => holders.some((other) => other !== task && other.locks.includes(name)));
  return lock === undefined ? null : ["lock", `lock:${lock}`];
}

export const mayStart = (task: ModelTask, model: Model): boolean => task.status === "pending" && reasonOf(task, model) === null;

/** What the scheduler chose a moment ago, and what a hold does not concern. */
export const isBlocked = (task: ModelTask, model: Model): boolean => task.status === "pending" && !model.held && !mayStart(task, model);

export async function stash({ task, id, model, real: { store } }: Turn): Promise<void> {
  const stashing = stashTask(store, id, caller, model.now);
  if (task.status !== "pending") return await assert.rejects(stashing, { code: "conflict" });
  await stashing;
  task.stashed = true;
}

export async function enqueue({ task, id, model, real: { store } }: Turn): Promise<void> {
  const putting = enqueueTask(store, id, caller, model.now);
  if (task.status !== "pending") return await assert.rejects(putting, { code: "conflict" });
  await putting;
  task.stashed = false;
}

export async function edit({ task, id, model, real, more }: Turn): Promise<void> {
  const draw = drawFrom(more);
  const kind = draw(3);
  const locks = [...(lockSets[draw(5)] ?? [])];
  const group = groups[draw(3)] ?? "default";
  const notBefore = draw(2) === 0 ? null : model.now + 30_000;
  const change =
    kind === 0 ? { locks } : kind === 1 ? { group } : { not_before: notBefore === null ? null : new Date(notBefore).toISOString() };
  const editing = updateTask(real.contextOf(real.store, model.now), id, change, { caller, check: () => {} });
  if (task.status !== "pending") return await assert.rejects(editing, { code: "conflict" });
  await editing;
  if (kind === 0) task.locks = locks;
  else if (kind === 1) task.group = group;
  else Object.assign(task, { notBefore, isRetry: false });
}

/** Sets a group, or lets it continue. */
export async function changeGroup(model: Model, { store }: Real, more: number): Promise<void> {
  const draw = drawFrom(more);
  const name = groups[draw(3)] ?? "default";
  const limit = [null, 0, 1, 1, 2][draw(5)] ?? null;
  const isPaused = draw(3) === 0;
  await setGroup(store, name, { limit, paused: isPaused }, model.now);
  model.groups.set(name, { limit, isPaused });
}

export const hasClosedGroup = ({ groups: set }: Model): boolean => [...set.values()].some(({ limit, isPaused }) => isPaused || limit === 0);

export async function openGroups(model: Model, { store }: Real): Promise<void> {
  for (const name of model.groups.keys()) {
    await setGroup(store, name, { limit: 2, paused: false }, model.now);
    model.groups.set(name, { limit: 2, isPaused: false });
  }
}

const timesOf = ({ tasks, now }: Model): number[] =>
  tasks.flatMap(({ status, notBefore }) => (status === "pending" && notBefore !== null && notBefore > now ? [notBefore] : []));

export const hasTimes = (model: Model): boolean => timesOf(model).length > 0;

export function passTime(model: Model): Promise<void> {
  // Each step takes a second, which may have been enough.
  if (hasTimes(model)) model.now = Math.min(...timesOf(model));
  return Promise.resolve();
}

/** The rows of one task, and why it waits. */
export function agreeOnOrder(task: ModelTask, id: number, model: Model, { store }: Real): void {
  const row = store.tasks.row(id) ?? assert.fail();
  // The model takes the pauses before retries from the store.
  if (row.notBeforeReason !== "schedule") Object.assign(task, { notBefore: row.notBefore, isRetry: true });
  assert.deepEqual(
    store.dependencies.ofTask(id),
    task.needs.map(({ task: other, on, state }) => ({ task: other, on, state })),
    `what task ${id} runs after`,
  );
  const unmet = task.needs.filter(({ state }) => state === "waiting" || state === "impossible").length;
  assert.deepEqual(
    [row.unmet, row.stashedAt !== null, row.notBefore, row.group, row.locks],
    [unmet, task.stashed, task.notBefore, task.group, task.locks],
    `the order of task ${id}`,
  );
  if (task.status !== "pending") return;
  const waits = waitingFor(row, {
    running: 0,
    slots: 1,
    holds: store.holds.active(),
    account: () => "a",
    now: model.now,
    waitsFor: (of) => store.dependencies.waitsFor(of),
    lanes: store.groups.lanes(),
  });
  const expected = reasonOf(task, model);
  assert.deepEqual(waits === null ? null : [waits.reason, waits.blocker], expected, `why task ${id} waits`);
  if (waits?.until != null) assert.equal(waits.until > model.now, true, `task ${id} waits for a time that is over`);
}

/**
 * What the store's query would start: each of them may start beside those before it, and nothing
 * else may beside all of them.
 */
export function agreeOnStarts(model: Model, { store }: Real): void {
  if (model.held) return;
  const beside: ModelTask[] = [];
  for (const id of store.tasks.startable(model.now, 99, { lanes: store.groups.lanes() })) {
    const task = model.tasks[id - 1] ?? assert.fail();
    assert.deepEqual([task.status, reasonOf(task, model, beside)], ["pending", null], `task ${id} would start`);
    beside.push(task);
  }
  for (const [index, task] of model.tasks.entries())
    if (task.status === "pending" && !beside.includes(task))
      assert.notEqual(reasonOf(task, model, beside), null, `task ${index + 1} would not start, and nothing keeps it`);
}
