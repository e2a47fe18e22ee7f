/**
 * A small picture of tasks, attempts and journals in memory, and commands that change it and the
 * real store together: what a server does, in any order.
 */
import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import fc from "fast-check";
import { cancelTask } from "../../src/operations/tasks/cancel-task.ts";
import type { Outcome } from "../../src/domain/attempt/outcome.ts";
import { isTerminal } from "../../src/domain/task/task.ts";
import type { TaskStatus } from "../../src/domain/task/task.ts";
import { findDamage } from "../../src/store/sqlite/file/check.ts";
import { openStore } from "../../src/store/sqlite/sqlite.ts";
import type { Store } from "../../src/store/store.ts";
import { finalise, finaliseWithin } from "../../src/supervisor/finalise.ts";
import { Ingest } from "../../src/supervisor/ingest.ts";
import { newAttempt } from "../store/setup.ts";
import { plainTask } from "../../testing/plain-task.ts";

type Result = "none" | "success" | "limit" | "error";

interface ModelAttempt {
  readonly id: number;
  /** How many whole lines the journal has. */
  records: number;
  /** Their texts, where they have one, and how many of those the store has. */
  readonly said: string[];
  ingested: number;
  result: Result;
  torn: boolean;
  progressed: boolean;
}

interface ModelTask {
  status: TaskStatus;
  open: ModelAttempt | null;
  readonly past: ModelAttempt[];
  cancelRequested: boolean;
  poison: number;
  endings: number;
}

export interface Model {
  readonly tasks: ModelTask[];
  attempts: number;
  held: boolean;
  now: number;
}

export interface Real {
  store: Store;
  /** Servers that were taken over and do not know it. */
  readonly stale: Store[];
  readonly directory: string;
  /** What the present server follows. */
  readonly following: Map<number, Ingest>;
}

export const emptyModel = (): Model => ({ tasks: [], attempts: 0, held: false, now: 1_800_000_000_000 });

type Command = fc.AsyncCommand<Model, Real>;
type Act = (task: ModelTask, id: number, model: Model, real: Real) => Promise<void>;

const caller = { scope: "admin", name: "test" } as const;

/** A command on one of the tasks that it fits. */
function onTask(name: string, pick: number, fits: (task: ModelTask, model: Model) => boolean, act: Act): Command {
  return {
    check: (model) => model.tasks.some((task) => fits(task, model)),
    run: async (model, real) => {
      const fitting = model.tasks.filter((task) => fits(task, model));
      const task = fitting[pick % fitting.length];
      if (task === undefined) return;
      model.now += 1000;
      await act(task, model.tasks.indexOf(task) + 1, model, real);
      agree(model, real);
    },
    toString: () => `${name}(${pick})`,
  };
}

const picks = fc.nat(2);

/** What moves tasks on; it comes three times as often as what disturbs them. */
const progress: fc.Arbitrary<Command>[] = [
  picks.map((pick) => onTask("claim", pick, ({ status }, { held }) => status === "pending" && !held, claim)),
  fc
    .tuple(picks, fc.integer({ min: 1, max: 3 }))
    .map(([pick, steps]) => onTask(`work ${steps}`, pick, isOpen, (task, id, _, real) => work(task, id, real, steps))),
  picks.map((pick) => onTask("ingest", pick, isOpen, ingest)),
  picks.map((pick) => onTask("end", pick, isOpen, end)),
  picks.map((pick) => onTask("retry", pick, ({ status }) => isTerminal(status), retry)),
  fc.constant(lift()),
];

export const commands: fc.Arbitrary<Command>[] = [
  ...progress,
  ...progress,
  ...progress,
  fc.constant(submit()),
  fc.tuple(picks, fc.constantFrom<Result>("success", "limit", "error")).map(([pick, result]) =>
    onTask(
      result,
      pick,
      (task) => task.open?.result === "none",
      (task, id, model, real) => conclude(task, id, model, real, result),
    ),
  ),
  picks.map((pick) => onTask("tear", pick, isOpen, tear)),
  picks.map((pick) => onTask("cancel", pick, ({ status }) => !isTerminal(status), cancel)),
  picks.map((pick) => onTask("a stale server writes", pick, isOpen, writeStale)),
  fc.constant(crash()),
];

function isOpen(task: ModelTask): boolean {
  return task.open !== null;
}

function submit(): Command {
  return {
    check: ({ tasks }) => tasks.length < 3,
    run: async (model, { store }) => {
      await store.write(() => store.tasks.insert(plainTask()));
      model.tasks.push({ status: "pending", open: null, past: [], cancelRequested: false, poison: 0, endings: 0 });
    },
    toString: () => "submit",
  };
}

async function claim(task: ModelTask, id: number, model: Model, real: Real): Promise<void> {
  const { store } = real;
  const claimed = await store.write(() => store.attempts.claim(id, newAttempt(`r${model.attempts}`, { journalStart: 0 }), model.now));
  model.attempts += 1;
  assert.equal(claimed?.attempt.id, model.attempts);
  task.status = "running";
  task.open = { id: model.attempts, records: 0, said: [], ingested: 0, result: "none", torn: false, progressed: false };
  follow(real, id);
}

/** As after a claim and after an adoption: from what the store knows, and from nothing else. */
function follow(real: Real, id: number): void {
  const attempt = real.store.attempts.open().find(({ taskId }) => taskId === id);
  assert.ok(attempt);
  real.following.set(id, new Ingest(real.store, attempt, journalOf(real, id), "/"));
}

function journalOf({ directory }: Real, id: number): string {
  return path.join(directory, `task_${id}_raw.log`);
}

/** @param text what the store shows of the record; null: nothing. */
function write(task: ModelTask, id: number, real: Real, text: string | null, record: object): void {
  const { open } = task;
  assert.ok(open);
  if (text !== null) open.said.push(text);
  open.records += 1;
  const stamp = { _n: open.records, _attempt: open.id, _at: new Date(0).toISOString() };
  // A runner that finds a torn line closes it first.
  appendFileSync(journalOf(real, id), `${open.torn ? "\n" : ""}${JSON.stringify({ ...record, ...stamp })}\n`);
  open.torn = false;
}

async function work(task: ModelTask, id: number, real: Real, steps: number): Promise<void> {
  for (let step = 0; step < steps; step += 1) {
    const text = `step ${task.open?.said.length ?? 0}`;
    write(task, id, real, text, { type: "user", message: { content: [{ type: "tool_result", tool_use_id: text, content: text }] } });
  }
  if (task.open !== null) task.open.progressed = true;
}

async function conclude(task: ModelTask, id: number, model: Model, real: Real, result: Result): Promise<void> {
  const facts = {
    success: { subtype: "success", is_error: false, num_turns: 1, result },
    limit: { subtype: "success", is_error: true, terminal_reason: "api_error", api_error_status: 429, result },
    error: { subtype: "error_during_execution", is_error: true, errors: [result] },
    none: {},
  };
  // A limit with a reset is everybody's at once.
  const rejected = { status: "rejected", rateLimitType: "five_hour", resetsAt: model.now / 1000 + 3600 };
  if (result === "limit") write(task, id, real, null, { type: "rate_limit_event", rate_limit_info: rejected });
  write(task, id, real, result, { type: "result", total_cost_usd: null, ...facts[result] });
  if (task.open !== null) task.open.result = result;
}

async function tear(task: ModelTask, id: number, _: Model, real: Real): Promise<void> {
  if (task.open === null || task.open.torn) return;
  appendFileSync(journalOf(real, id), `{"type":"user","_attempt":${task.open.id},"_n":`);
  task.open.torn = true;
}

async function ingest(task: ModelTask, id: number, _: Model, real: Real): Promise<void> {
  if (!real.following.has(id)) await adopt(id, real);
  assert.equal(await real.following.get(id)?.catchUp(noEnd), true);
  if (task.open !== null) task.open.ingested = task.open.said.length;
}

/** There is no closing record yet. */
const noEnd = (): void => assert.fail("an attempt ended that nobody ended");

async function adopt(id: number, real: Real): Promise<void> {
  const { store } = real;
  const open = store.attempts.open().find(({ taskId }) => taskId === id);
  assert.ok(open);
  await store.write(() => store.attempts.adopt(open.id));
  follow(real, id);
}

/**
 * A runner that has its result closes its journal, and the attempt ends with its last record; one
 * that died is found dead.
 */
async function end(task: ModelTask, id: number, model: Model, real: Real): Promise<void> {
  const { open } = task;
  assert.ok(open);
  const options = {
    store: real.store,
    attemptId: open.id,
    bootId: null,
    swept: [],
    startProblem: null,
    stopping: null,
    seenUp: null,
    now: model.now,
    wall: model.now,
    random: () => 0.5,
    account: "a",
    refusalTries: 5,
  };
  if (open.result === "none" || open.torn) {
    await ingest(task, id, model, real);
    assert.ok(await finalise(options));
  } else {
    if (!real.following.has(id)) await adopt(id, real);
    const stamp = { _n: open.records + 1, _attempt: open.id, _at: new Date(0).toISOString() };
    const closing = { type: "worker", subtype: "ended", thrown: null, stopRequested: null, ...stamp };
    appendFileSync(journalOf(real, id), `${JSON.stringify(closing)}\n`);
    let outcome: Outcome | null = null;
    assert.equal(await real.following.get(id)?.catchUp(() => (outcome = finaliseWithin(options))), true);
    assert.ok(outcome);
    open.ingested = open.said.length;
  }
  assert.equal(await finalise(options), null, "an attempt is closed once");
  task.open = null;
  task.past.push(open);
  real.following.delete(id);
  moveOn(task, open, model);
  if (open.torn) appendFileSync(journalOf(real, id), "\n");
}

function moveOn(task: ModelTask, attempt: ModelAttempt, model: Model): void {
  if (task.cancelRequested) return finish(task, "cancelled");
  if (attempt.result === "success") return finish(task, "completed");
  if (attempt.result === "error") return finish(task, "failed");
  if (attempt.result === "limit") {
    model.held = true;
    if (attempt.progressed) task.poison = 0;
    task.status = "pending";
    return;
  }
  // An attempt that never said anything did not begin: nobody can blame the task.
  if (attempt.said.length > 0) task.poison = attempt.progressed ? 1 : task.poison + 1;
  if (task.poison >= 5) return finish(task, "failed", task.poison);
  task.status = "pending";
}

function finish(task: ModelTask, status: TaskStatus, poison = 0): void {
  task.status = status;
  task.poison = poison;
  task.endings += 1;
}

async function cancel(task: ModelTask, id: number, model: Model, { store }: Real): Promise<void> {
  await cancelTask(store, id, caller, model.now);
  task.cancelRequested = true;
  if (task.status === "pending") finish(task, "cancelled", task.poison);
}

async function retry(task: ModelTask, id: number, model: Model, { store }: Real): Promise<void> {
  const anew = { cancelRequestedAt: null, poisonCount: 0, sessionId: null, resumable: false, result: null, error: null };
  assert.ok(await store.write(() => store.tasks.transition(id, "retry", model.now, anew)));
  task.status = "pending";
  task.cancelRequested = false;
  task.poison = 0;
}

/** Nothing that a server does after it was taken over may change anything. */
async function writeStale(task: ModelTask, id: number, model: Model, real: Real): Promise<void> {
  const { open } = task;
  assert.ok(open);
  for (const store of real.stale) {
    const refused = { code: "conflict" };
    const ending = {
      bootId: null,
      swept: [],
      startProblem: null,
      stopping: null,
      seenUp: null,
      account: "a",
      refusalTries: 5,
      random: () => 0,
    };
    await assert.rejects(finalise({ ...ending, store, attemptId: open.id, now: model.now, wall: model.now }), refused);
    await assert.rejects(cancelTask(store, id, caller, model.now), refused);
  }
}

/** The server is gone without a word; another one opens the store and adopts what is open. */
function crash(): Command {
  return {
    check: () => true,
    run: async (model, real) => {
      real.stale.push(real.store);
      real.store = openStore({ path: path.join(real.directory, "tasks.db") });
      real.following.clear();
      for (const [index, task] of model.tasks.entries()) if (task.open !== null && index % 2 === 0) await adopt(index + 1, real);
      agree(model, real);
    },
    toString: () => "crash",
  };
}

function lift(): Command {
  return {
    check: ({ held }) => held,
    run: async (model, { store }) => {
      await store.write(() => store.holds.active().forEach(({ kind, scope }) => void store.holds.lift(kind, scope)));
      model.held = false;
    },
    toString: () => "lift",
  };
}

/** What must hold after every command. */
function agree(model: Model, { store, directory }: Real): void {
  assert.equal(store.holds.active().length > 0, model.held);
  for (const [index, task] of model.tasks.entries()) {
    const stored = store.tasks.get(index + 1);
    assert.deepEqual(
      [stored?.status, stored?.openAttemptId, stored?.poisonCount],
      [task.status, task.open?.id ?? null, task.poison],
      `task ${index + 1}`,
    );
    const events = store.events.ofTask(index + 1, 0, 10_000);
    assert.deepEqual(
      events.map(({ seq }) => seq),
      events.map((_, place) => place + 1),
    );
    assert.equal(events.filter(({ type }) => type === "ended").length, task.endings);
    for (const attempt of task.open === null ? task.past : [...task.past, task.open]) {
      const texts = events
        .filter(({ attemptId }) => attemptId === attempt.id)
        .flatMap(({ type, data }) => (type === "tool_result" || type === "result" ? data.text : []));
      assert.deepEqual(texts, attempt.said.slice(0, attempt.ingested));
    }
  }
  const file = path.join(directory, "tasks.db");
  const raw = new Database(file, { readonly: true });
  assert.deepEqual(findDamage(raw, file), []);
  raw.close();
}
