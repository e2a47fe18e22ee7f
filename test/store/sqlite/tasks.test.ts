import assert from "node:assert/strict";
import { test } from "node:test";
import { taskStatuses } from "../../../src/domain/task/task.ts";
import type { TaskStatus } from "../../../src/domain/task/task.ts";
import { next, operations } from "../../../src/domain/task/transitions.ts";
import type { Store } from "../../../src/store/store.ts";
import { newAttempt, setup, textEvent } from "../setup.ts";
import { rankOf } from "../../../src/domain/order/place.ts";
import { plainTask } from "../../../testing/plain-task.ts";

test("a task is read from the store as it was submitted", async (t) => {
  const { store, open, submit } = setup(t);
  const asked = plainTask({
    name: "Ünïcode ✓",
    labels: { team: "core", "a.b": "ç" },
    group: "nightly",
    priority: -7,
    createdAt: 1_700_000_000_123,
    notBefore: 1_700_000_100_000,
    notBeforeReason: "schedule",
    parentId: 99,
    depth: 2,
    batch: 7,
    prompt: "  \n  Two lines\nof text \u{1F600}",
    systemPrompt: "Be brief.",
    model: "some-model",
    permissionMode: "plan",
    allow: ["Bash(npm test)", "Read"],
    deny: ["Bash(rm *)"],
    maxTurns: 5,
    maxBudgetUsd: 0.25,
    timeoutMs: 60_000,
    stallTimeoutMs: 30_000,
    retries: 3,
  });
  const task = await submit(asked);
  assert.deepEqual(task, {
    ...asked,
    id: 1,
    title: "Two lines",
    status: "pending",
    queuedAt: asked.createdAt,
    rank: rankOf({ queuedAt: asked.createdAt, priority: asked.priority }),
    place: 1,
    moved: null,
    unmet: 0,
    answeredAt: null,
    startedAt: null,
    endedAt: null,
    updatedAt: asked.createdAt,
    cancelRequestedAt: null,
    openAttemptId: null,
    attemptCount: 0,
    poisonCount: 0,
    setbacks: 0,
    cutCall: null,
    retriesSpent: 0,
    refusals: 0,
    refusal: null,
    refusedAt: null,
    verifyFailures: 0,
    keeping: null,
    sessionId: null,
    sessionModel: null,
    resumable: false,
    profileAsked: null,
    result: null,
    structuredResult: null,
    error: null,
    earlierEnd: null,
    attention: null,
    costUsd: null,
    usage: null,
    numTurns: null,
    durationMs: null,
    lastAction: null,
    lastSeq: 0,
  });
  await store.close();
  assert.deepEqual(open().tasks.get(task.id), task);
});

test("a task keeps a prompt of ten megabytes to the last character", async (t) => {
  const { store, submit } = setup(t);
  const prompt = `${"ä".repeat(5 * 1024 * 1024 - 1)}.\n`;
  const { id } = await submit({ prompt });
  assert.equal(store.tasks.get(id)?.prompt, prompt);
});

test("a missing task is null", (t) => {
  const { store } = setup(t);
  assert.equal(store.tasks.get(1), null);
  assert.equal(store.tasks.isCancelRequested(1), false);
});

test("a task never gets a number that a removed task had", async (t) => {
  const { store, submit } = setup(t);
  const { id } = await submit();
  await store.write(() => store.tasks.transition(id, "cancel", 2));
  assert.equal(await store.write(() => store.tasks.remove(id)), true);
  assert.equal((await submit()).id, id + 1);
});

test("a task in the store says whether its cancel was requested", async (t) => {
  const { store, submit } = setup(t);
  const { id } = await submit();
  await store.write(() => store.tasks.patch(id, 5, { cancelRequestedAt: 5 }));
  assert.equal(store.tasks.isCancelRequested(id), true);
});

for (const status of taskStatuses) {
  for (const operation of operations) {
    if (operation === "claim") continue;
    const target = next(status, operation);
    const effect = target === null ? "changes nothing" : `makes it ${target}`;
    test(`${operation} of a ${status} task ${effect}`, async (t) => {
      const { store, submit } = setup(t);
      const { id } = await submit();
      await bring(store, id, status);
      const before = store.tasks.get(id);
      const after = await store.write(() => {
        const task = store.tasks.transition(id, operation, 9000, { poisonCount: 4 });
        if (task !== null && before?.openAttemptId != null && task.openAttemptId === null) {
          store.attempts.close(before.openAttemptId, { kind: "succeeded", message: "done" }, 9000);
        }
        return task;
      });
      if (target === null) {
        assert.equal(after, null);
        assert.deepEqual(store.tasks.get(id), before);
        return;
      }
      const terminal = ["completed", "failed", "cancelled", "skipped"].includes(target);
      const keepsAttempt = target === "running" || (target === "waiting" && operation !== "park");
      assert.deepEqual(after, {
        ...before,
        status: target,
        endedAt: terminal ? 9000 : null,
        openAttemptId: keepsAttempt ? before?.openAttemptId : null,
        updatedAt: 9000,
        poisonCount: 4,
      });
      assert.deepEqual(store.tasks.get(id), after);
    });
  }
}

test("a change of status sets what its patch gives and leaves the rest", async (t) => {
  const { store, start } = setup(t);
  const { task, attempt } = await start({ name: "keeps" });
  const patch = {
    result: "The answer.",
    error: { code: "agent_failed", message: "It failed.", apiStatus: 500 },
    costUsd: 0.5,
    usage: { m: { inputTokens: 1, outputTokens: 2, cacheReadInputTokens: 3, cacheCreationInputTokens: 4, costUsd: 0.5 } },
    durationMs: 70,
    sessionId: "s-1",
    resumable: true,
    retriesSpent: 1,
  };
  const failed = await store.write(() => {
    store.attempts.close(attempt.id, { kind: "agent_failed", message: "It failed." }, 3000);
    return store.tasks.transition(task.id, "fail", 3000, patch);
  });
  assert.deepEqual(failed, { ...task, ...patch, status: "failed", openAttemptId: null, endedAt: 3000, updatedAt: 3000 });
  const again = await store.write(() => store.tasks.transition(task.id, "retry", 4000, { result: null, error: null }));
  assert.equal(again?.result, null);
  assert.equal(again?.error, null);
  assert.equal(again?.endedAt, null);
  assert.equal(again?.sessionId, "s-1");
});

test("a change of status cannot claim, which needs an attempt", async (t) => {
  const { store, submit } = setup(t);
  const { id } = await submit();
  await assert.rejects(
    store.write(() => store.tasks.transition(id, "claim", 2)),
    { code: "internal", message: /attempts\.claim/ },
  );
  assert.equal(store.tasks.get(id)?.status, "pending");
});

test("a change of status cannot leave an attempt open behind an ended task", async (t) => {
  const { store, start } = setup(t);
  const { task, attempt } = await start();
  await assert.rejects(
    store.write(() => store.tasks.transition(task.id, "complete", 3000)),
    { code: "internal", message: /Close the attempt/ },
  );
  await assert.rejects(
    store.write(() => store.attempts.close(attempt.id, { kind: "crashed", message: "It died." }, 3000)),
    { code: "internal" },
  );
  assert.deepEqual(store.tasks.get(task.id), task);
  assert.deepEqual(store.attempts.get(attempt.id), attempt);
});

test("a patch changes fields and the time, not the status", async (t) => {
  const { store, submit } = setup(t);
  const task = await submit({ labels: { a: "1" } });
  const patched = await store.write(() =>
    store.tasks.patch(task.id, 5000, { name: "New", priority: 3, labels: { b: "2" }, result: "part" }),
  );
  const rank = rankOf({ ...task, priority: 3 });
  assert.deepEqual(patched, { ...task, name: "New", priority: 3, rank, labels: { b: "2" }, result: "part", updatedAt: 5000 });
  assert.deepEqual(store.tasks.list({ limit: 5, labels: { a: "1" } }), []);
  assert.equal(store.tasks.list({ limit: 5, labels: { b: "2" } }).length, 1);
  assert.equal(store.tasks.list({ limit: 5, text: "new" }).length, 1);
});

test("a patch of a missing task is null", async (t) => {
  const { store } = setup(t);
  assert.equal(await store.write(() => store.tasks.patch(7, 5000, { priority: 3 })), null);
});

test("the counters of tasks follow every change and survive a new start", async (t) => {
  const { store, open, submit, start } = setup(t);
  const none = { pending: 0, running: 0, waiting: 0, completed: 0, failed: 0, cancelled: 0, skipped: 0 };
  assert.deepEqual(store.tasks.counts(), none);
  await submit();
  await start();
  const cancelled = await submit();
  await store.write(() => store.tasks.transition(cancelled.id, "cancel", 9));
  assert.deepEqual(store.tasks.counts(), { ...none, pending: 1, running: 1, cancelled: 1 });
  await store.write(() => store.tasks.remove(cancelled.id));
  assert.deepEqual(store.tasks.counts(), { ...none, pending: 1, running: 1 });
  await store.close();
  assert.deepEqual(open().tasks.counts(), { ...none, pending: 1, running: 1 });
});

test("removing a task removes its attempts, events, texts and labels", async (t) => {
  const { store, raw, start, submit } = setup(t);
  const { task, attempt } = await start({ labels: { a: "1" } });
  const other = await submit({ labels: { a: "1" } });
  await store.write(() => {
    store.events.append(task.id, attempt.id, [textEvent(3)]);
    store.attempts.close(attempt.id, { kind: "succeeded", message: "done" }, 4);
    store.tasks.transition(task.id, "complete", 4);
  });
  assert.equal(await store.write(() => store.tasks.remove(task.id)), true);
  assert.equal(store.tasks.get(task.id), null);
  assert.equal(store.attempts.get(attempt.id), null);
  assert.deepEqual(store.events.ofTask(task.id, 0, 10), []);
  for (const table of ["task_texts", "task_search", "task_labels"]) {
    const rows = raw().prepare(`SELECT task_id FROM ${table}`).pluck().all();
    assert.deepEqual(rows, [other.id], table);
  }
});

test("removing a task that has not ended is refused", async (t) => {
  const { store, submit, start } = setup(t);
  const pending = await submit();
  const { task } = await start();
  assert.equal(await store.write(() => store.tasks.remove(pending.id)), false);
  assert.equal(await store.write(() => store.tasks.remove(task.id)), false);
  assert.equal(await store.write(() => store.tasks.remove(77)), false);
  assert.equal(store.tasks.counts().pending + store.tasks.counts().running, 2);
});

test("tasks that ended long ago are found oldest first", async (t) => {
  const { store, submit } = setup(t);
  const ends = [500, 300, 400, 900];
  for (const end of ends) {
    const { id } = await submit();
    await store.write(() => store.tasks.transition(id, "cancel", end));
  }
  await submit();
  assert.deepEqual(store.tasks.endedBefore(900, 10), [2, 3, 1]);
  assert.deepEqual(store.tasks.endedBefore(900, 2), [2, 3]);
  assert.deepEqual(store.tasks.endedBefore(300, 2), []);
});

/** Brings a pending task into a status by legal steps. */
async function bring(store: Store, id: number, status: TaskStatus): Promise<void> {
  const steps: Record<TaskStatus, readonly ("claim" | "ask" | "complete" | "fail" | "cancel" | "skip")[]> = {
    pending: [],
    running: ["claim"],
    waiting: ["claim", "ask"],
    completed: ["claim", "complete"],
    failed: ["claim", "fail"],
    cancelled: ["cancel"],
    skipped: ["skip"],
  };
  await store.write(() => {
    for (const step of steps[status]) {
      if (step === "claim") store.attempts.claim(id, newAttempt("runner"), 2000);
      else store.tasks.transition(id, step, 3000);
    }
    if (status !== "completed" && status !== "failed") return;
    for (const attempt of store.attempts.ofTask(id)) store.attempts.close(attempt.id, { kind: "succeeded", message: "" }, 3000);
  });
  assert.equal(store.tasks.get(id)?.status, status);
}
