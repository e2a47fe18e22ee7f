/**
 * A small picture of the store in memory, and the commands that change both: what one says the
 * other must say.
 */
import assert from "node:assert/strict";
import Database from "better-sqlite3";
import fc from "fast-check";
import type { QuestionStatus } from "../../src/domain/questions/question.ts";
import { isTerminal, taskStatuses } from "../../src/domain/task/task.ts";
import type { TaskStatus } from "../../src/domain/task/task.ts";
import { next } from "../../src/domain/task/transitions.ts";
import type { Operation } from "../../src/domain/task/transitions.ts";
import { findDamage } from "../../src/store/sqlite/file/check.ts";
import { openStore } from "../../src/store/sqlite/sqlite.ts";
import type { Store } from "../../src/store/store.ts";
import { newAttempt, textEvent } from "./setup.ts";
import { plainTask } from "../../testing/plain-task.ts";

interface ModelQuestion {
  readonly id: number;
  status: QuestionStatus;
  applied: boolean;
}

interface ModelTask {
  status: TaskStatus;
  questions: ModelQuestion[];
  lastSeq: number;
  attempts: number;
  /** The open attempt and the server that owns it. */
  open: { id: number; epoch: number } | null;
}

export interface Model {
  readonly tasks: Map<number, ModelTask>;
  submitted: number;
  questions: number;
  attempts: number;
  events: number;
  epoch: number;
}

export interface Real {
  store: Store;
  readonly file: string;
}

export const emptyModel = (): Model => ({ tasks: new Map(), submitted: 0, questions: 0, attempts: 0, events: 0, epoch: 1 });

type Command = fc.AsyncCommand<Model, Real>;

/**
 * A command on one of the tasks that ever were; `apply` changes the model and returns what the
 * store must answer.
 */
function onTask(
  name: string,
  pick: number,
  act: (store: Store, id: number) => unknown,
  apply: (model: Model, id: number) => unknown,
): Command {
  return {
    check: (model) => model.submitted > 0,
    run: async (model, real) => {
      const id = (pick % model.submitted) + 1;
      const answer = await real.store.write(() => act(real.store, id));
      assert.deepEqual(answer, apply(model, id), `${name} of task ${id}`);
      await agree(model, real);
    },
    toString: () => `${name}(${pick})`,
  };
}

/** One command in one write: any operation on any task, at any time. */
export const commands: fc.Arbitrary<Command>[] = [
  fc
    .tuple(fc.integer({ min: -1, max: 1 }), fc.option(fc.integer({ min: 1, max: 100 })))
    .map(([priority, notBefore]) => submit(priority, notBefore)),
  fc.nat(20).map((pick) => onTask("claim", pick, (store, id) => store.attempts.claim(id, newAttempt("r"), 5)?.attempt.id ?? null, claim)),
  fc.tuple(fc.nat(20), fc.integer({ min: 0, max: 3 })).map(([pick, count]) => append(pick, count)),
  fc.tuple(fc.nat(20), fc.constantFrom("complete", "fail", "requeue", "cancel", "park" as const)).map(([pick, operation]) =>
    onTask(
      `finish by ${operation}`,
      pick,
      (store, id) => finish(store, id, operation),
      (model, id) => finishInModel(model, id, operation),
    ),
  ),
  fc.tuple(fc.nat(20), fc.constantFrom<Operation>("cancel", "retry", "complete", "unpark")).map(([pick, operation]) =>
    onTask(
      operation,
      pick,
      (store, id) => move(store, id, operation),
      (model, id) => moveInModel(model, id, operation),
    ),
  ),
  fc.nat(20).map((pick) => onTask("ask", pick, ask, askInModel)),
  fc.tuple(fc.nat(20), fc.constantFrom("answer", "expire", "apply", "supersede" as const)).map(([pick, step]) =>
    onTask(
      step,
      pick,
      (store, id) => settle(store, id, step),
      (model, id) => settleInModel(model, id, step),
    ),
  ),
  fc.nat(20).map((pick) => onTask("proceed", pick, proceed, proceedInModel)),
  fc.nat(20).map((pick) => onTask("adopt", pick, adopt, adoptInModel)),
  fc.nat(20).map((pick) => onTask("remove", pick, (store, id) => store.tasks.remove(id), removeInModel)),
  fc.nat(20).map((pick) => failingWrite(pick)),
  fc.constant(restart()),
];

function submit(priority: number, notBefore: number | null): Command {
  return {
    check: (model) => model.submitted < 12,
    run: async (model, real) => {
      const task = await real.store.write(() => real.store.tasks.insert(plainTask({ priority, notBefore })));
      model.submitted++;
      assert.equal(task.id, model.submitted);
      model.tasks.set(task.id, { status: "pending", lastSeq: 0, attempts: 0, questions: [], open: null });
      await agree(model, real);
    },
    toString: () => `submit(${priority}, ${notBefore})`,
  };
}

function claim(model: Model, id: number): number | null {
  const task = model.tasks.get(id);
  if (task?.status !== "pending") return null;
  task.status = "running";
  task.attempts++;
  model.attempts++;
  task.open = { id: model.attempts, epoch: model.epoch };
  return model.attempts;
}

function append(pick: number, count: number): Command {
  const events = Array.from({ length: count }, (_, index) => textEvent(index));
  const act = (store: Store, id: number): unknown =>
    store.tasks.get(id) === null ? null : store.events.append(id, null, events).map((event) => [event.id, event.seq]);
  return onTask(`append ${count}`, pick, act, (model, id) => {
    const task = model.tasks.get(id);
    if (task === undefined) return null;
    return events.map(() => [++model.events, ++task.lastSeq]);
  });
}

type Ending = "complete" | "fail" | "requeue" | "cancel" | "park";

/** As the ingest does it: a question of an open attempt makes its task wait. */
function ask(store: Store, id: number): unknown {
  const attempt = store.tasks.get(id)?.openAttemptId;
  if (attempt == null) return null;
  const key = `key ${store.questions.ofTask(id).length}`;
  const question = { key, kind: "permission", tool: "Bash", toolUseId: key, agentId: null, input: {}, inputHash: "", rule: null } as const;
  const asked = store.questions.ask(id, attempt, question, { askedAt: 6, deadline: 9 });
  store.tasks.transition(id, "ask", 6);
  return [asked.id, asked.status];
}

function askInModel(model: Model, id: number): unknown {
  const task = model.tasks.get(id);
  if (task?.open == null) return null;
  const question: ModelQuestion = { id: ++model.questions, status: "open", applied: false };
  task.questions.push(question);
  task.status = "waiting";
  return [question.id, "open"];
}

type QuestionStep = "answer" | "expire" | "apply" | "supersede";

/** A step of the task's first question that has had no effect. A second answer changes nothing. */
function settle(store: Store, id: number, step: QuestionStep): unknown {
  const question = store.questions.unapplied(id)[0];
  if (question === undefined) return null;
  if (step === "answer") return store.questions.answer(question.id, { decision: "allow" }, "socket", 7)?.status ?? null;
  if (step === "expire") return store.questions.expire(question.id, { decision: "deny" }, 7)?.status ?? null;
  if (step === "apply") store.questions.applied(question.id, 8);
  else store.questions.supersede(question.id, false);
  return store.questions.get(question.id)?.status;
}

function settleInModel(model: Model, id: number, step: QuestionStep): unknown {
  const question = model.tasks.get(id)?.questions.find(isUnapplied);
  if (question === undefined) return null;
  if (step === "answer" || step === "expire") {
    if (question.status !== "open") return null;
    question.status = step === "answer" ? "answered" : "expired";
  } else if (step === "supersede") question.status = "superseded";
  else if (question.status !== "open") {
    question.applied = true;
    if (question.status === "answered") question.status = "applied";
  }
  return question.status;
}

function isUnapplied({ status, applied }: ModelQuestion): boolean {
  return !applied && (status === "open" || status === "answered" || status === "expired");
}

/** A waiting task whose runner was kept gets a slot. */
function proceed(store: Store, id: number): unknown {
  if (store.tasks.get(id)?.openAttemptId == null) return null;
  return store.tasks.transition(id, "proceed", 8)?.status ?? null;
}

function proceedInModel(model: Model, id: number): unknown {
  const task = model.tasks.get(id);
  if (task?.open == null || task.status !== "waiting") return null;
  task.status = "running";
  return "running";
}

/** As the supervisor does it: close, and only who closed it moves the task on. */
function finish(store: Store, id: number, operation: Ending): unknown {
  const attempt = store.tasks.get(id)?.openAttemptId;
  if (attempt == null || !store.attempts.close(attempt, { kind: "crashed", message: "" }, 7)) return null;
  return store.tasks.transition(id, operation, 7)?.status ?? null;
}

function finishInModel(model: Model, id: number, operation: Ending): unknown {
  const task = model.tasks.get(id);
  if (task?.open == null || task.open.epoch !== model.epoch) return null;
  task.open = null;
  const target = next(task.status, operation);
  if (target !== null) task.status = target;
  return target;
}

/**
 * An operation that concerns no attempt. Refused by the store where it would leave one open behind
 * it.
 */
function move(store: Store, id: number, operation: Operation): unknown {
  if (store.tasks.get(id)?.openAttemptId != null) return "needs its attempt closed";
  return store.tasks.transition(id, operation, 8)?.status ?? null;
}

function moveInModel(model: Model, id: number, operation: Operation): unknown {
  const task = model.tasks.get(id);
  if (task === undefined) return null;
  if (task.open !== null) return "needs its attempt closed";
  const target = next(task.status, operation);
  if (target === null) return null;
  task.status = target;
  return target;
}

function adopt(store: Store, id: number): unknown {
  const attempt = store.tasks.get(id)?.openAttemptId;
  return attempt == null ? null : (store.attempts.adopt(attempt)?.epoch ?? null);
}

function adoptInModel(model: Model, id: number): unknown {
  const open = model.tasks.get(id)?.open;
  if (open == null) return null;
  open.epoch = model.epoch;
  return model.epoch;
}

function removeInModel(model: Model, id: number): boolean {
  const task = model.tasks.get(id);
  return task !== undefined && isTerminal(task.status) && model.tasks.delete(id);
}

/** A write that changes much and then throws, in one group with one that does not. */
function failingWrite(pick: number): Command {
  return {
    check: (model) => model.submitted > 0,
    run: async (model, real) => {
      const id = (pick % model.submitted) + 1;
      const { store } = real;
      const [failed, fine] = await Promise.allSettled([
        store.write(() => {
          store.tasks.insert(plainTask());
          store.attempts.claim(id, newAttempt("r"), 5);
          store.tasks.remove(id);
          store.holds.put({ kind: "manual", scope: "all", message: "", until: null }, 1);
          throw new Error("undo all of it");
        }),
        store.write(() => store.tasks.patch(id, 9, { priority: pick }) !== null),
      ]);
      assert.equal(failed.status, "rejected");
      assert.deepEqual(fine, { status: "fulfilled", value: model.tasks.has(id) });
      assert.deepEqual(store.holds.active(), []);
      await agree(model, real);
    },
    toString: () => `failingWrite(${pick})`,
  };
}

function restart(): Command {
  return {
    check: () => true,
    run: async (model, real) => {
      await real.store.close();
      real.store = openStore({ path: real.file });
      model.epoch++;
      assert.equal(real.store.epoch, model.epoch);
      await agree(model, real);
    },
    toString: () => "restart",
  };
}

/** What must hold after every command. */
async function agree(model: Model, { store, file }: Real): Promise<void> {
  const counts = Object.fromEntries(taskStatuses.map((status) => [status, 0])) as Record<TaskStatus, number>;
  for (const task of model.tasks.values()) counts[task.status]++;
  assert.deepEqual(store.tasks.counts(), counts);
  const rows = store.tasks.list({ limit: 500, order: "oldest" });
  assert.deepEqual(
    rows.map((row) => [row.id, row.status, row.lastSeq, row.attemptCount, row.openAttemptId, row.endedAt !== null]),
    [...model.tasks].map(([id, task]) => [id, task.status, task.lastSeq, task.attempts, task.open?.id ?? null, isTerminal(task.status)]),
  );
  const open = [...model.tasks.values()].flatMap((task) => (task.open === null ? [] : [[task.open.id, task.open.epoch]]));
  assert.deepEqual(
    store.attempts.open().map((attempt) => [attempt.id, attempt.epoch]),
    open.toSorted(byFirst),
  );
  for (const [id, task] of model.tasks) {
    const seqs = store.events.ofTask(id, 0, 1000).map((event) => event.seq);
    assert.deepEqual(
      seqs,
      Array.from({ length: task.lastSeq }, (_, index) => index + 1),
    );
  }
  assert.equal(store.events.lastId(), model.events);
  for (const [id, task] of model.tasks) {
    assert.deepEqual(
      store.questions.unapplied(id).map((question) => [question.id, question.status]),
      task.questions.filter(isUnapplied).map((question) => [question.id, question.status]),
    );
  }
  const questions = [...model.tasks.values()].flatMap((task) => task.questions);
  assert.equal(store.questions.openCount(), questions.filter(({ status }) => status === "open").length);
  const ready = [...model.tasks].filter(([, task]) => task.status === "waiting" && task.open !== null && isReady(task)).map(([id]) => id);
  assert.deepEqual(
    store.questions.readyToProceed(500).toSorted((a, b) => a - b),
    ready,
  );
  const raw = new Database(file, { readonly: true });
  assert.deepEqual(findDamage(raw, file), []);
  raw.close();
}

/** Whether a question of the task has its answer and none is open. */
function isReady({ questions }: ModelTask): boolean {
  return questions.some((each) => isUnapplied(each) && each.status !== "open") && !questions.some(({ status }) => status === "open");
}

function byFirst(a: number[], b: number[]): number {
  return (a[0] ?? 0) - (b[0] ?? 0);
}
