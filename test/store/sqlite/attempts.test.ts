import assert from "node:assert/strict";
import { test } from "node:test";
import type { Outcome } from "../../../src/domain/attempt/outcome.ts";
import { newAttempt, setup } from "../setup.ts";

const crashed: Outcome = { kind: "crashed", message: "The runner died." };

test("a claim gives a pending task its attempt", async (t) => {
  const { store, submit } = setup(t);
  const task = await submit({ notBefore: 1500, notBeforeReason: "retry" });
  const asked = newAttempt("r-1", {
    sessionId: "s-1",
    resume: true,
    warm: true,
    bootId: "b-1",
    account: "a",
    journalStart: 42,
    nodeId: "n-1",
  });
  const claimed = await store.write(() => store.attempts.claim(task.id, asked, 2000));
  assert.deepEqual(claimed, {
    task: {
      ...task,
      status: "running",
      startedAt: 2000,
      updatedAt: 2000,
      notBefore: null,
      notBeforeReason: null,
      openAttemptId: 1,
      attemptCount: 1,
      numTurns: 0,
    },
    attempt: {
      ...asked,
      id: 1,
      taskId: task.id,
      number: 1,
      epoch: store.epoch,
      startedUp: null,
      lastUp: null,
      startedAt: 2000,
      endedAt: null,
      outcome: null,
      journalOffset: 42,
      lastRecord: 0,
      pid: null,
      pidStart: null,
      stopRequested: null,
      sessionSpent: null,
    },
  });
  assert.deepEqual(store.attempts.open(), [claimed?.attempt]);
});

test("a second claim of a task gets null and changes nothing", async (t) => {
  const { store, submit } = setup(t);
  const { id } = await submit();
  const [first, second] = await Promise.all([
    store.write(() => store.attempts.claim(id, newAttempt("r-1"), 2000)),
    store.write(() => store.attempts.claim(id, newAttempt("r-2"), 2000)),
  ]);
  assert.equal(first?.attempt.runnerId, "r-1");
  assert.equal(second, null);
  assert.equal(store.attempts.ofTask(id).length, 1);
  assert.equal(await store.write(() => store.attempts.claim(99, newAttempt("r-3"), 2000)), null);
});

test("a claim counts the task's attempts and keeps the time of the first", async (t) => {
  const { store, start } = setup(t);
  const { task, attempt } = await start();
  const again = await store.write(() => {
    store.attempts.close(attempt.id, crashed, 3000);
    store.tasks.transition(task.id, "requeue", 3000);
    return store.attempts.claim(task.id, newAttempt("r-2", { journalStart: 10 }), 4000);
  });
  assert.equal(again?.attempt.number, 2);
  assert.equal(again?.task.attemptCount, 2);
  assert.equal(again?.task.startedAt, 2000);
  assert.deepEqual(
    store.attempts.ofTask(task.id).map((each) => each.number),
    [1, 2],
  );
  assert.deepEqual(store.attempts.open(), [again?.attempt]);
});

test("an open attempt takes what becomes known of it", async (t) => {
  const { store, start } = setup(t);
  const { attempt } = await start();
  const patch = { pid: 77, pidStart: "1234", sessionId: "s-9", stopRequested: "timed_out", warm: true } as const;
  assert.deepEqual(await store.write(() => store.attempts.patch(attempt.id, patch)), { ...attempt, ...patch });
  assert.deepEqual(await store.write(() => store.attempts.patch(attempt.id, {})), { ...attempt, ...patch });
  assert.equal(await store.write(() => store.attempts.patch(99, patch)), null);
});

test("an open attempt remembers how far its journal is ingested", async (t) => {
  const { store, start } = setup(t);
  const { attempt } = await start();
  assert.equal(await store.write(() => store.attempts.advance(attempt.id, 500, 3)), true);
  assert.equal(await store.write(() => store.attempts.advance(attempt.id, 499, 4)), false);
  assert.equal(await store.write(() => store.attempts.advance(attempt.id, 600, 2)), false);
  assert.equal(store.attempts.get(attempt.id)?.journalOffset, 500);
  assert.equal(store.attempts.get(attempt.id)?.lastRecord, 3);
});

test("an attempt is closed once, and nothing changes it afterwards", async (t) => {
  const { store, start } = setup(t);
  const { task, attempt } = await start();
  const finish = (outcome: Outcome): Promise<boolean> =>
    store.write(() => {
      if (!store.attempts.close(attempt.id, outcome, 3000)) return false;
      store.tasks.transition(task.id, "complete", 3000);
      return true;
    });
  const succeeded: Outcome = { kind: "rate_limited", message: "Wait.", resetsAt: 5, limit: "five_hour", apiStatus: 429 };
  assert.deepEqual(await Promise.all([finish(succeeded), finish(crashed)]), [true, false]);
  assert.deepEqual(store.attempts.get(attempt.id), { ...attempt, endedAt: 3000, outcome: succeeded });
  assert.equal(await store.write(() => store.attempts.advance(attempt.id, 9, 9)), false);
  assert.equal(await store.write(() => store.attempts.patch(attempt.id, { pid: 1 })), null);
  assert.equal(await store.write(() => store.attempts.patch(attempt.id, {})), null);
  assert.equal(await store.write(() => store.attempts.adopt(attempt.id)), null);
  assert.deepEqual(store.attempts.open(), []);
});

test("an attempt of an older server must be adopted before it can change", async (t) => {
  const { store, open, start } = setup(t);
  const { task, attempt } = await start();
  await store.close();
  const newer = open();
  assert.equal(newer.epoch, store.epoch + 1);
  assert.deepEqual(newer.attempts.open(), [attempt]);
  assert.equal(await newer.write(() => newer.attempts.advance(attempt.id, 1, 1)), false);
  assert.equal(await newer.write(() => newer.attempts.patch(attempt.id, { pid: 1 })), null);
  assert.equal(await newer.write(() => newer.attempts.close(attempt.id, crashed, 3000)), false);
  const adopted = await newer.write(() => newer.attempts.adopt(attempt.id));
  assert.deepEqual(adopted, { ...attempt, epoch: newer.epoch });
  assert.deepEqual(await newer.write(() => newer.attempts.adopt(attempt.id)), adopted);
  assert.equal(await newer.write(() => newer.attempts.advance(attempt.id, 1, 1)), true);
  const ended = await newer.write(() => {
    newer.attempts.close(attempt.id, crashed, 3000);
    return newer.tasks.transition(task.id, "fail", 3000);
  });
  assert.equal(ended?.status, "failed");
});

test("an unknown attempt is null", async (t) => {
  const { store } = setup(t);
  assert.equal(await store.write(() => store.attempts.adopt(5)), null);
  assert.equal(store.attempts.get(5), null);
});

test("the last outcome is that of the newest attempt that has ended", async (t) => {
  const { store, submit } = setup(t);
  const { id } = await submit();
  assert.equal(store.attempts.lastOutcome(id), null);
  for (const message of ["first", "second"]) {
    await store.write(() => {
      const claimed = store.attempts.claim(id, newAttempt(`r-${message}`), 2000);
      assert.ok(claimed);
      store.attempts.close(claimed.attempt.id, { ...crashed, message }, 3000);
      store.tasks.transition(id, "requeue", 3000);
    });
  }
  await store.write(() => store.attempts.claim(id, newAttempt("r-open"), 4000));
  assert.equal(store.attempts.lastOutcome(id)?.message, "second");
});
