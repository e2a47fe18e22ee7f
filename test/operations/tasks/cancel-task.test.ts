import assert from "node:assert/strict";
import { test } from "node:test";
import { cancelTask } from "../../../src/operations/tasks/cancel-task.ts";
import { setup } from "../../store/setup.ts";

const person = { scope: "admin", name: "a person" } as const;

test("a cancelled task says whether it had run before", async (t) => {
  const { store, submit, start } = setup(t);
  const fresh = await submit();
  const { task, attempt } = await start();
  await store.write(() => {
    store.attempts.close(attempt.id, { kind: "crashed", message: "gone" }, 3000);
    store.tasks.transition(task.id, "requeue", 3000);
  });
  assert.equal((await cancelTask(store, fresh.id, person, 4000)).error?.message, "Cancelled before it ran.");
  assert.equal((await cancelTask(store, task.id, person, 4000)).error?.message, "Cancelled while it waited.");
});

test("a cancel is an event that names who asked for it", async (t) => {
  const { store, submit, start } = setup(t);
  const story = (id: number): unknown[] =>
    store.events.ofTask(id, 0, 100).map(({ type, attemptId, at, data }) => ({ type, attemptId, at, data }));
  const waiting = await submit();
  for (let time = 0; time < 2; time += 1) await cancelTask(store, waiting.id, person, 4000 + time);
  const ended = { status: "cancelled", outcome: "cancelled", message: "Cancelled before it ran." };
  assert.deepEqual(story(waiting.id), [
    { type: "cancel_requested", attemptId: null, at: 4000, data: { by: "a person" } },
    { type: "ended", attemptId: null, at: 4000, data: ended },
  ]);
  const { task, attempt } = await start();
  for (let time = 0; time < 2; time += 1) {
    const { status, cancelRequestedAt } = await cancelTask(store, task.id, person, 5000 + time);
    assert.deepEqual([status, cancelRequestedAt], ["running", 5000], "its supervisor ends it");
  }
  assert.deepEqual(story(task.id), [{ type: "cancel_requested", attemptId: attempt.id, at: 5000, data: { by: "a person" } }]);
});

test("a task that has ended otherwise cannot be cancelled", async (t) => {
  const { store, start } = setup(t);
  const { task, attempt } = await start();
  await store.write(() => {
    store.attempts.close(attempt.id, { kind: "succeeded", message: "done" }, 3000);
    store.tasks.transition(task.id, "complete", 3000);
  });
  await assert.rejects(cancelTask(store, task.id, person, 4000), { code: "conflict" });
  assert.deepEqual(store.events.ofTask(task.id, 0, 100), []);
});
