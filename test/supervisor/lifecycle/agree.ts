/** What must hold after every command: the store says what the model says. */
import assert from "node:assert/strict";
import path from "node:path";
import Database from "better-sqlite3";
import { findDamage } from "../../../src/store/sqlite/file/check.ts";
import { agreeOnSessions } from "./conversations.ts";
import { agreeOnOrder, agreeOnStarts } from "./order.ts";
import { openOf, unapplied } from "./model.ts";
import type { Model, ModelTask, Real } from "./model.ts";

export function agree(model: Model, real: Real): void {
  const { store } = real;
  assert.equal(store.holds.active().length > 0, model.held);
  agreeOnSessions(model, real);
  for (const [index, task] of model.tasks.entries()) agreeOnOrder(task, index + 1, model, real);
  agreeOnStarts(model, real);
  for (const [index, task] of model.tasks.entries()) {
    const id = index + 1;
    const stored = store.tasks.get(id);
    assert.deepEqual(
      [stored?.status, stored?.openAttemptId, stored?.poisonCount, stored?.sessionId, stored?.numTurns ?? 0],
      [task.status, task.open?.id ?? null, task.poison, task.session, task.turns.length],
      `task ${id}`,
    );
    agreeOnTalk(task, id, real);
    agreeOnEvents(task, id, real);
    if (real.following.has(id)) pass(task, id, real);
  }
}

/** Whether the database's own rules hold. Looks at all rows, so it comes once for each run. */
export function undamaged({ directory }: Real): void {
  const raw = new Database(path.join(directory, "tasks.db"), { readonly: true });
  assert.deepEqual(findDamage(raw, directory), []);
  raw.close();
}

function agreeOnTalk(task: ModelTask, id: number, { store }: Real): void {
  assert.deepEqual(
    store.questions.ofTask(id).map((each) => [each.key, each.status, each.answer?.decision ?? null, each.appliedAt !== null]),
    task.questions.map(({ key, status, answer, applied }) => [key, status, answer, applied]),
    `the questions of task ${id}`,
  );
  assert.deepEqual(
    store.messages.ofTask(id).map((each) => [each.id, each.status, each.attemptId, each.continues]),
    task.messages.map(({ id: message, status, attemptId, continues }) => [message, status, attemptId, continues]),
    `the messages of task ${id}`,
  );
}

function agreeOnEvents(task: ModelTask, id: number, { store }: Real): void {
  const events = store.events.ofTask(id, 0, 10_000);
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, place) => place + 1),
  );
  assert.equal(events.filter(({ type }) => type === "ended").length, task.endings);
  const asked = events.flatMap(({ type, data }) => (type === "question_asked" ? [data.question] : []));
  assert.deepEqual(asked, [...new Set(asked)], "each question is asked once in the story");
  for (const attempt of task.open === null ? task.past : [...task.past, task.open]) {
    const texts = events
      .filter(({ attemptId }) => attemptId === attempt.id)
      .flatMap(({ type, data }) => (type === "tool_result" || type === "result" ? data.text : []));
    const written = attempt.lines.slice(0, attempt.ingested).flatMap(({ text }) => text ?? []);
    assert.deepEqual(texts, written, `what attempt ${attempt.id} said is stored once, in order`);
  }
}

/** What the server gives to the runner after each commit. */
function pass(task: ModelTask, id: number, { following }: Real): void {
  const { open } = task;
  assert.ok(open);
  const { answers, messages } = following.get(id)?.pass() ?? assert.fail();
  const answered = unapplied(task).filter(({ answer }) => answer !== null);
  const isAsking = openOf(task).length > 0;
  const hasSlot = task.status === "running" && !task.cancelRequested;
  if (!hasSlot) assert.deepEqual(answers, [], "an answer waits for a slot");
  for (const question of answered) if (answers.includes(question.key)) open.has.add(question);
  const lacked = answered.filter((question) => hasSlot && !open.has.has(question) && !open.known.includes(question));
  assert.deepEqual(lacked, [], "answers that the runner lacks");
  const takes = task.status === "running" && !task.cancelRequested && !isAsking;
  const ready = task.messages.filter(
    ({ status, delivery, attemptId }) => status === "queued" && delivery !== "dismiss" && attemptId !== open.id,
  );
  if (!takes) assert.deepEqual(messages, [], "no message is given while the task waits");
  const given = ready.filter(({ key }) => messages.includes(key));
  assert.deepEqual(
    messages,
    given.map(({ key }) => key),
    "messages are given in order",
  );
  for (const message of given) open.has.add(message);
  assert.deepEqual(takes ? ready.filter((message) => !open.has.has(message)) : [], [], "messages that the runner lacks");
}
