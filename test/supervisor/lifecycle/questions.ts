/** Commands on questions: asked, answered by two at once, expired, decided, withdrawn. */
import assert from "node:assert/strict";
import { answerQuestion } from "../../../src/operations/questions/answer-question.ts";
import { expireQuestions } from "../../../src/operations/questions/expire-questions.ts";
import { endTask } from "./endings.ts";
import { answerWithinMs, caller, openOf, resultOf, unapplied, write } from "./model.ts";
import type { Model, ModelQuestion, ModelTask, Real, Turn } from "./model.ts";

export function ask(turn: Turn): void {
  const { open } = turn.task;
  assert.ok(open);
  const key = `question ${(turn.model.keys += 1)}`;
  const question: ModelQuestion = {
    id: 0,
    key,
    call: `call ${key}`,
    session: open.session,
    status: "open",
    answer: null,
    byDefault: false,
    applied: false,
    isVoid: false,
    deadline: turn.model.now + answerWithinMs,
  };
  asked(turn, question, question.call);
}

/** The next attempt meets a call that an earlier one has asked: by its id, or by another one. */
export function askAgain(turn: Turn): void {
  const [question] = turn.task.open?.known.splice(0, 1) ?? [];
  assert.ok(question);
  asked(turn, question, turn.pick === 0 ? question.call : `${question.call} again ${turn.model.attempts}`);
  if (question.answer !== null) turn.task.open?.has.add(question);
}

function asked(turn: Turn, question: ModelQuestion, call: string): void {
  const { task, model } = turn;
  task.open?.asks.add(question);
  const { key } = question;
  question.call = call;
  const shown = {
    key,
    kind: "permission",
    tool: "Bash",
    toolUseId: call,
    agentId: null,
    input: { command: key },
    inputHash: key,
    rule: null,
  };
  write(turn, { type: "worker", subtype: "question_asked", question: shown }, null, () => {
    if (question.id === 0) {
      question.id = model.questions += 1;
      task.questions.push(question);
    }
    if (question.status !== "open" || task.status !== "running") return;
    task.status = "waiting";
    for (const message of task.messages) if (message.status === "queued") task.open?.mayHave.add(message);
  });
}

/**
 * Two people answer in the same moment: the first counts, and the other is told so. Neither counts
 * for a task that is being cancelled.
 */
export async function answer({ task, id, model, real, pick }: Turn): Promise<void> {
  const question = openOf(task)[pick % openOf(task).length];
  assert.ok(question);
  const decisions = pick === 0 ? (["allow", "deny"] as const) : (["deny", "allow"] as const);
  const context = real.contextOf(real.store, model.now);
  const [first, second] = await Promise.allSettled(
    decisions.map((decision) => answerQuestion(context, question.id, { decision }, caller, model.now)),
  );
  assert.equal((second as PromiseRejectedResult).reason?.code, "conflict");
  if (task.cancelRequested) return assert.equal((first as PromiseRejectedResult).reason?.code, "conflict");
  assert.equal(first?.status, "fulfilled", `${id}: the first answer counts`);
  answered(task, question, "answered", decisions[0]);
}

export function answered(
  task: ModelTask,
  question: ModelQuestion,
  status: "answered" | "expired",
  decision: "allow" | "deny" | null,
): void {
  Object.assign(question, { status, answer: decision, byDefault: status === "expired" });
  const left = unapplied(task);
  const isParked = task.status === "waiting" && task.open === null;
  if (isParked && left.every((each) => each.status !== "open" && each.answer !== null)) task.status = "pending";
}

/** An answer to a question that is not open changes nothing. */
export async function answerLate({ task, model, real, pick }: Turn): Promise<void> {
  const late = task.questions.filter(({ id, status }) => id > 0 && status !== "open");
  const question = late[pick % late.length];
  assert.ok(question);
  const context = real.contextOf(real.store, model.now);
  await assert.rejects(answerQuestion(context, question.id, { decision: "allow" }, caller, model.now), { code: "conflict" });
}

/** Every question whose time is over, of every task. */
export async function expire(model: Model, { store }: Real): Promise<void> {
  await expireQuestions(store, model.now);
  const due = model.tasks.flatMap((task) => openOf(task).map((question) => ({ task, question })));
  for (const { task, question } of due.toSorted((a, b) => a.question.deadline - b.question.deadline || a.question.id - b.question.id)) {
    if (question.deadline > model.now || question.status !== "open") continue;
    answered(task, question, "expired", task.late === "deny" ? "deny" : null);
    if (task.late === "deny" || task.status !== "waiting" || task.open !== null) continue;
    endTask(task, "failed", task.past.at(-1));
  }
}

/** As the scheduler: waiting tasks with a kept runner, whose questions all have answers. */
export function isReady(task: ModelTask): boolean {
  const left = unapplied(task);
  return task.status === "waiting" && task.open !== null && openOf(task).length === 0 && left.some(({ answer: given }) => given !== null);
}

export async function proceed({ id, task, real, model }: Turn): Promise<void> {
  const { store } = real;
  assert.ok(store.questions.readyToProceed(10).includes(id));
  await store.write(() => store.tasks.transition(id, "proceed", model.now));
  task.status = "running";
}

/** Questions of the runner that it has an answer to. */
export function decidable({ open }: ModelTask): ModelQuestion[] {
  return [...(open?.asks ?? [])].filter((question) => open?.has.has(question));
}

/** The runner gives the answer to its agent, and the call has its result. */
export function decide(turn: Turn): void {
  const [question] = decidable(turn.task);
  assert.ok(question);
  write(turn, { type: "worker", subtype: "question_answered", key: question.key, decision: question.answer });
  settle(turn, question, `result of ${question.key}`);
}

/** The call ends without an answer, e.g. because its turn was interrupted. */
export function interrupt(turn: Turn): void {
  const [question] = turn.task.open?.asks ?? [];
  assert.ok(question);
  settle(turn, question, `cut: ${question.key}`);
}

function settle(turn: Turn, question: ModelQuestion, text: string): void {
  const { task } = turn;
  if (task.open === null) return;
  task.open.asks.delete(question);
  task.open.progressed = true;
  write(turn, resultOf(question.call, text), text, () => {
    if (!unapplied(task).includes(question)) return;
    if (question.answer === null) supersede(task, question);
    else Object.assign(question, { applied: true, status: question.status === "answered" ? "applied" : question.status });
  });
}

/** The agent waits no more. */
export function withdraw(turn: Turn): void {
  const { task } = turn;
  const [question] = task.open?.asks ?? [];
  assert.ok(question);
  task.open?.asks.delete(question);
  write(turn, { type: "worker", subtype: "question_withdrawn", key: question.key }, null, () => supersede(task, question));
}

function supersede(task: ModelTask, question: ModelQuestion): void {
  if (unapplied(task).includes(question)) Object.assign(question, { status: "superseded", isVoid: true });
  if (openOf(task).length === 0 && task.status === "waiting") task.status = "running";
}
