import assert from "node:assert/strict";
import { test } from "node:test";
import type { NewEvent } from "../../src/domain/events/event.ts";
import { eventsFromRecord } from "../../src/domain/events/events-from-record.ts";
import { finalise } from "../../src/supervisor/finalise.ts";
import { unsendMessage } from "../../src/operations/messages/unsend-message.ts";
import type { FinaliseOptions } from "../../src/supervisor/finalise.ts";
import type { Store } from "../../src/store/store.ts";
import { plainComment } from "../../testing/plain-comment.ts";
import { permission } from "../../testing/plain-question.ts";
import { newAttempt, setup } from "../store/setup.ts";

const moment = 1_800_000_000_000;

const ended = (store: Store, attemptId: number, more: Partial<FinaliseOptions> = {}) =>
  finalise({
    store,
    attemptId,
    bootId: "boot-1",
    swept: [],
    stopping: null,
    startProblem: null,
    now: moment,
    seenUp: null,
    wall: moment,
    random: () => 0.5,
    account: "a",
    refusalTries: 3,
    ...more,
  });

/** A result that reports the total of its session. */
function result(costUsd: number): NewEvent[] {
  const stamp = { _n: 1, _attempt: 1, _at: new Date(moment).toISOString() };
  const message = { subtype: "error_during_execution", is_error: true, num_turns: 1, total_cost_usd: costUsd, modelUsage: {} };
  return eventsFromRecord({ type: "result", ...message, ...stamp });
}

for (const [before, now, kind] of [
  ["boot-1", "boot-2", "lost"],
  ["boot-1", "boot-1", "crashed"],
  [null, "boot-2", "crashed"],
  ["boot-1", null, "crashed"],
] as const) {
  test(`an attempt without an end that began in ${before} is ${kind} in ${now}`, async (t) => {
    const { store, submit } = setup(t);
    const { id } = await submit();
    const claimed = await store.write(() => store.attempts.claim(id, newAttempt("r", { bootId: before }), moment - 1000));
    const attempt = claimed?.attempt.id ?? 0;
    await store.write(() => store.attempts.advance(attempt, 10, 1));
    assert.equal((await ended(store, attempt, { bootId: now }))?.kind, kind);
    assert.equal(await ended(store, attempt), null, "it is ended once");
  });
}

/** An attempt that was stopped between two steps. */
const stoppedAtStep: NewEvent = { type: "attempt_ended", at: moment, data: { thrown: null, stop_requested: "interrupted" } };

test("a task that a hard budget interrupts waits for it, and no retry is spent", async (t) => {
  const { store, start } = setup(t);
  const { task, attempt } = await start({ retries: 1 });
  await store.write(() => {
    store.budgets.put({ scope: "all", period: "day", limitUsd: 1, isHard: true }, moment);
    store.tasks.patch(task.id, moment, { costUsd: 1.1 });
    store.events.append(task.id, attempt.id, [stoppedAtStep]);
  });
  const outcome = await ended(store, attempt.id);
  assert.match(outcome?.message ?? "", /Stopped between two steps\. The budget of all tasks for this day is spent: \$1\.10 of \$1\.00/);
  const after = store.tasks.get(task.id);
  assert.deepEqual([after?.status, after?.retriesSpent, after?.notBefore], ["pending", 0, null]);
  const lanes = store.groups.lanes(moment);
  assert.equal(after === null ? null : lanes.blockOf(after, task.id)?.blocker, "budget:all:day");
});

test("a task whose tree has spent its budget fails, and a task below it waits", async (t) => {
  const { store, start } = setup(t);
  const [root, child] = [await start({ maxBudgetUsd: 2 }), await start({ depth: 1 })];
  await store.write(() => {
    store.agentTasks.insert({ taskId: child.task.id, client: "c", rootId: root.task.id });
    store.tasks.patch(root.task.id, moment, { costUsd: 0.8 });
    store.tasks.patch(child.task.id, moment, { costUsd: 1.3 });
    for (const { task, attempt } of [root, child]) store.events.append(task.id, attempt.id, [stoppedAtStep]);
  });
  await ended(store, child.attempt.id);
  await ended(store, root.attempt.id);
  assert.equal(store.tasks.get(child.task.id)?.status, "pending");
  const after = store.tasks.get(root.task.id);
  assert.deepEqual([after?.status, after?.error?.code], ["failed", "budget_exhausted"]);
  assert.match(after?.error?.message ?? "", /\$2\.1000 of \$2\.0000 over all attempts and the tasks below it \(\$1\.3000\)/);
});

test("the time of an attempt is that of its work, not of its waits for answers", async (t) => {
  const { store, submit } = setup(t);
  const { id } = await submit();
  const attempt = (await store.write(() => store.attempts.claim(id, newAttempt("r"), moment - 100_000)))?.attempt.id ?? 0;
  await store.write(() => {
    store.attempts.advance(attempt, 10, 1);
    const { id: question } = store.questions.ask(id, attempt, permission, { askedAt: moment - 90_000, deadline: null });
    store.questions.answer(question, { decision: "deny" }, "socket", moment - 30_000);
  });
  await ended(store, attempt);
  assert.equal(store.tasks.get(id)?.durationMs, 40_000);
});

test("what a resumed session had spent before is not counted again", async (t) => {
  const { store, submit } = setup(t);
  const { id } = await submit();
  const costs: (number | null | undefined)[] = [];
  // The third attempt has a session of its own, which counts from 0.
  for (const [sessionId, costUsd] of [
    ["s-1", 1],
    ["s-1", 1.5],
    ["s-2", 0.25],
  ] as const) {
    await store.write(() => {
      if (costs.length > 0) store.tasks.transition(id, "retry", moment);
      const claimed = store.attempts.claim(id, newAttempt(`r${costs.length}`, { sessionId, resume: true }), moment);
      store.events.append(id, claimed?.attempt.id ?? 0, result(costUsd));
    });
    await ended(store, store.tasks.get(id)?.openAttemptId ?? 0);
    costs.push(store.tasks.get(id)?.costUsd);
  }
  assert.deepEqual(costs, [1, 1.5, 1.75]);
});

/** The last record of a turn that succeeded. */
function success(): NewEvent[] {
  const stamp = { _n: 1, _attempt: 1, _at: new Date(moment).toISOString() };
  const message = { subtype: "success", is_error: false, num_turns: 1, total_cost_usd: 1, modelUsage: {}, result: "Done." };
  return eventsFromRecord({ type: "result", ...message, ...stamp });
}

for (const [end, last, state, handled] of [
  ["completes", success(), "handled", [1]],
  ["fails", result(1), "open", []],
] as const)
  test(`comments whose message was delivered are ${state} when the task ${end}`, async (t) => {
    const { store, submit } = setup(t);
    const { id } = await submit({ retries: 0 });
    const message = { taskId: id, key: crypto.randomUUID(), text: "x", delivery: "next", continues: false, sentBy: "socket" } as const;
    const attempt = await store.write(() => {
      const claimed = store.attempts.claim(id, newAttempt("r", { sessionId: "s-1" }), moment);
      store.events.append(id, claimed?.attempt.id ?? 0, last);
      const { id: sent } = store.messages.insert({ ...message, byAgent: false, queuedAt: moment });
      store.reviewComments.send([store.reviewComments.insert(plainComment(id)).id], sent, moment);
      store.messages.delivered(sent, moment);
      // As the ingest of the result does it.
      store.messages.end(id, false, moment);
      return claimed?.attempt.id ?? 0;
    });
    assert.equal(store.reviewComments.get(1)?.state, "sent");
    await ended(store, attempt);
    assert.deepEqual([store.tasks.get(id)?.status, store.messages.get(1)?.status], [end === "fails" ? "failed" : "completed", "done"]);
    assert.equal(store.reviewComments.get(1)?.state, state);
    const said = store.events.tail(id, 20).filter(({ type }) => type === "comment_handled");
    assert.deepEqual(
      said.map(({ data }) => ("comment" in data ? data.comment : null)),
      handled,
    );
  });

test("a task that fails without a message says so, and the message can be taken back", async (t) => {
  const { store, submit } = setup(t);
  const { id } = await submit();
  const say = (text: string) => {
    const message = {
      taskId: id,
      key: crypto.randomUUID(),
      text,
      delivery: "next",
      continues: false,
      sentBy: "socket",
      byAgent: false,
    } as const;
    return store.messages.insert({ ...message, queuedAt: moment });
  };
  const fail = async (): Promise<void> => {
    await store.write(() => {
      const claimed = store.attempts.claim(id, newAttempt(crypto.randomUUID(), { sessionId: "s-1", resume: true }), moment);
      store.messages.give(id, claimed?.attempt.id ?? 0);
      store.events.append(id, claimed?.attempt.id ?? 0, result(1));
      store.tasks.patch(id, moment, { sessionId: "s-1" });
    });
  };
  await fail();
  const { id: during } = await store.write(() => say("came while it ran"));
  await ended(store, store.tasks.get(id)?.openAttemptId ?? 0);
  assert.equal(store.tasks.get(id)?.status, "pending", "the message starts another attempt");
  await fail();
  await ended(store, store.tasks.get(id)?.openAttemptId ?? 0);
  const task = store.tasks.get(id);
  assert.equal(task?.status, "failed");
  assert.match(
    task.error?.message ?? "",
    /Message m1 was not delivered\. The next attempt delivers it: claude-worker retry 1 --resume · To take it back: claude-worker unsend 1 m1$/,
  );
  const owner = { scope: "admin", name: "socket" } as const;
  assert.equal(
    (
      await unsendMessage(store, { taskId: id, messageId: during }, owner, {
        env: {},
        settings: { agent_env: [], profiles: {} },
        now: () => moment,
        unsend: () => false,
      })
    ).status,
    "cancelled",
  );
});
