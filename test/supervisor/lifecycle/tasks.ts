/** Commands on whole tasks and servers: submit, cancel, retry, a crash, a replaced server. */
import assert from "node:assert/strict";
import path from "node:path";
import { answerQuestion } from "../../../src/operations/questions/answer-question.ts";
import { sendMessage } from "../../../src/operations/messages/send-message.ts";
import { cancelTask } from "../../../src/operations/tasks/cancel-task.ts";
import { retryTask } from "../../../src/operations/tasks/retry-task.ts";
import { openStore } from "../../../src/store/sqlite/sqlite.ts";
import { finalise } from "../../../src/supervisor/finalise.ts";
import { plainTask } from "../../../testing/plain-task.ts";
import { adopt } from "./attempts.ts";
import { endTask } from "./endings.ts";
import { anyOrder } from "./order.ts";
import { answerWithinMs, caller, newTask, openOf } from "./model.ts";
import type { Model, Real, Turn } from "./model.ts";

export async function submit(model: Model, { store, directory }: Real, more: number): Promise<void> {
  const late = model.tasks.length % 2 === 0 ? "deny" : "fail";
  const asks = { onQuestion: "ask", answerWithinMs, answerElse: late } as const;
  const order = anyOrder(model, more);
  const { group, locks, notBefore } = order;
  const times = { notBefore, notBeforeReason: notBefore === null ? null : "schedule", stashedAt: order.stashed ? model.now : null };
  await store.write(() => {
    const { id } = store.tasks.insert(plainTask({ workingDirectory: directory, group, locks, ...times, ...asks }));
    store.dependencies.add(id, order.needs);
  });
  model.tasks.push(newTask(late, order));
}

export async function cancel({ task, id, model, real: { store } }: Turn): Promise<void> {
  await cancelTask(store, id, caller, model.now);
  task.cancelRequested = true;
  if (task.open !== null) return;
  endTask(task, "cancelled", task.past.at(-1));
}

export async function retry({ task, id, model, real }: Turn, resume: boolean): Promise<void> {
  const retrying = retryTask(real.contextOf(real.store, model.now), id, { resume }, caller);
  if (resume && task.session === null) return await assert.rejects(retrying, { code: "conflict" });
  await retrying;
  Object.assign(task, { status: "pending", cancelRequested: false, poison: 0, stashed: false, notBefore: null });
  if (task.needs.some(({ state }) => state === "impossible")) model.waived += 1;
  for (const need of task.needs) if (need.state === "impossible") need.state = "waived";
  if (!resume) task.session = null;
  for (const question of resume ? task.questions : []) {
    const counts = question.answer !== null && !question.byDefault && !question.isVoid;
    if (question.status === "superseded" && counts && question.session === task.session) question.status = "answered";
  }
}

/** Nothing that a server does after it was taken over may change anything. */
export async function writeStale({ task, id, model, real }: Turn): Promise<void> {
  const { open } = task;
  assert.ok(open);
  const refused = { code: "unavailable" };
  for (const store of real.stale) {
    const ending = { bootId: null, swept: [], startProblem: null, stopping: null, seenUp: null, account: "a", refusalTries: 5 };
    const times = { now: model.now, wall: model.now, random: () => 0 };
    await assert.rejects(finalise({ ...ending, ...times, store, attemptId: open.id }), refused);
    await assert.rejects(cancelTask(store, id, caller, model.now), refused);
    const context = real.contextOf(store, model.now);
    await assert.rejects(sendMessage(context, id, { text: "Mind the style", delivery: "next" }, caller), refused);
    for (const { id: question } of openOf(task))
      await assert.rejects(answerQuestion(context, question, { decision: "allow" }, caller, model.now), refused);
  }
}

/** The server is gone without a word; another one opens the store and adopts what is open. */
export async function crash(model: Model, real: Real): Promise<void> {
  real.stale.push(real.store);
  real.store = openStore({ path: path.join(real.directory, "tasks.db") });
  for (const follower of real.following.values()) follower.stop();
  real.following.clear();
  for (const [index, task] of model.tasks.entries()) if (task.open !== null && index % 2 === 0) await adopt(model, real, index + 1);
}

export async function lift(model: Model, { store }: Real): Promise<void> {
  await store.write(() => store.holds.active().forEach(({ kind, scope }) => void store.holds.lift(kind, scope)));
  model.held = false;
}
