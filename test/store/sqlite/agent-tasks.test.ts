import assert from "node:assert/strict";
import { test } from "node:test";
import { newAttempt, setup } from "../setup.ts";

test("a task of an agent keeps its first client and its tree", async (t) => {
  const { store, submit } = setup(t);
  const [root, child] = [await submit(), await submit()];
  assert.throws(() => store.agentTasks.insert({ taskId: child.id, client: "a", rootId: root.id }), /outside `write`/);
  await store.write(() => {
    store.agentTasks.insert({ taskId: child.id, client: "a", rootId: root.id });
    store.agentTasks.insert({ taskId: child.id, client: "b", rootId: child.id });
  });
  assert.deepEqual(store.agentTasks.get(child.id), { taskId: child.id, client: "a", rootId: root.id });
  assert.equal(store.agentTasks.get(root.id), null);
});

test("an agent's open tasks are counted until they end", async (t) => {
  const { store, submit } = setup(t);
  const tasks = [await submit(), await submit(), await submit()];
  await store.write(() =>
    tasks.forEach(({ id }, index) => store.agentTasks.insert({ taskId: id, client: index < 2 ? "a" : "b", rootId: id })),
  );
  assert.deepEqual([store.agentTasks.openOf("a"), store.agentTasks.openOf("b"), store.agentTasks.openOf("c")], [2, 1, 0]);
  await store.write(() => store.tasks.transition(1, "cancel", 1));
  assert.equal(store.agentTasks.openOf("a"), 1);
});

test("the members of a tree are those below its root", async (t) => {
  const { store, submit } = setup(t);
  const root = await submit();
  const open = await submit({ maxBudgetUsd: 2 });
  const ended = await submit();
  const stranger = await submit();
  await store.write(() => {
    for (const { id } of [root, open, ended]) store.agentTasks.insert({ taskId: id, client: "a", rootId: root.id });
    store.agentTasks.insert({ taskId: stranger.id, client: "a", rootId: stranger.id });
    store.tasks.transition(ended.id, "cancel", 1);
  });
  const members = store.agentTasks.below(root.id);
  assert.deepEqual(
    members.map(({ isOpen, maxBudgetUsd }) => [isOpen, maxBudgetUsd]),
    [
      [true, 2],
      [false, null],
    ],
  );
  assert.equal(store.agentTasks.below(root.id, open.id).length, 1);
});

test("no client starts more tasks than its limit, and others are not counted", async (t) => {
  const { store, submit } = setup(t);
  for (let count = 0; count < 5; count += 1) await submit();
  await store.write(() => {
    for (const taskId of [1, 2, 3]) store.agentTasks.insert({ taskId, client: "a", rootId: taskId });
    store.agentTasks.insert({ taskId: 4, client: "b", rootId: 4 });
  });
  assert.deepEqual(store.agentTasks.withinLimit([3, 2, 1, 4, 5], 2), [3, 2, 4, 5]);
  await store.write(() => store.attempts.claim(1, newAttempt("r"), 1));
  assert.deepEqual(store.agentTasks.withinLimit([2, 3, 4, 5], 2), [2, 4, 5]);
  assert.deepEqual(store.agentTasks.withinLimit([2, 3, 4, 5], 1), [4, 5]);
});
