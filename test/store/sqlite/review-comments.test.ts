import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { plainComment } from "../../../testing/plain-comment.ts";
import { setup as openStore } from "../setup.ts";
import type { Setup } from "../setup.ts";

interface Bundle extends Setup {
  /** Task 1 with so many comments: c1, c2 … */
  comment(count: number): Promise<void>;
  /** A message to task 1. @returns its number. */
  say(): Promise<number>;
  states(): string[];
}

async function setup(t: TestContext): Promise<Bundle> {
  const opened = openStore(t);
  const { store, submit } = opened;
  await submit();
  const message = { taskId: 1, text: "x", delivery: "next", continues: false, sentBy: "socket", byAgent: false, queuedAt: 1000 } as const;
  return {
    ...opened,
    comment: async (count) => {
      await store.write(() => {
        for (let n = 1; n <= count; n += 1) store.reviewComments.insert(plainComment(1));
      });
    },
    say: async () => (await store.write(() => store.messages.insert({ ...message, key: crypto.randomUUID() }))).id,
    states: () => store.reviewComments.ofTask(1).map(({ state, messageId }) => (messageId === null ? state : `${state} m${messageId}`)),
  };
}

test("a comment is stored as it was written, and only in a write", async (t) => {
  const { store, comment } = await setup(t);
  await comment(1);
  const { createdAt } = plainComment(1);
  const added = { id: 1, state: "open", messageId: null, judgedCommit: null, staysOpen: false, updatedAt: createdAt };
  assert.deepEqual(store.reviewComments.get(1), { ...plainComment(1), ...added });
  assert.equal(store.reviewComments.get(2), null);
  assert.throws(() => store.reviewComments.insert(plainComment(1)), /outside `write`/);
  assert.throws(() => store.reviewComments.remove(1), /outside `write`/);
  await assert.rejects(
    store.write(() => store.reviewComments.insert(plainComment(9))),
    "there is no such task",
  );
});

test("an open comment is sent once, and one of a cancelled message again", async (t) => {
  const { store, comment, say, states } = await setup(t);
  await comment(2);
  const first = await say();
  assert.equal(await store.write(() => store.reviewComments.send([1, 9], first, 2000)), 1, "there is no c9");
  const second = await say();
  assert.equal(await store.write(() => store.reviewComments.send([1, 2], second, 2000)), 1);
  assert.deepEqual(states(), ["sent m1", "sent m2"]);
  await store.write(() => store.messages.cancel(first, 3000));
  assert.deepEqual(states(), ["open", "sent m2"]);
  const third = await say();
  assert.equal(await store.write(() => store.reviewComments.send([1], third, 4000)), 1);
  assert.deepEqual(states(), ["sent m3", "sent m2"]);
});

test("the end of a task settles what its messages took, and nothing else", async (t) => {
  const { store, comment, say, states } = await setup(t);
  await comment(5);
  const [done, waits, answered, cancelled] = [await say(), await say(), await say(), await say()];
  await store.write(() => {
    for (const [id, message] of [
      [1, done],
      [2, waits],
      [3, answered],
      [4, cancelled],
    ] as const)
      store.reviewComments.send([id], message, 2000);
    for (const message of [done, answered]) {
      store.messages.delivered(message, 2000);
      store.messages.done(message, 2000);
    }
    store.messages.note(answered, "A hook has refused it.");
    store.messages.cancel(cancelled, 2000);
  });
  await store.write(() => store.reviewComments.settle(1, true, 3000));
  assert.deepEqual(states(), ["handled m1", "sent m2", "open", "open", "open"]);
  await store.write(() => {
    store.messages.delivered(waits, 4000);
    store.messages.done(waits, 4000);
    store.reviewComments.settle(1, false, 4000);
  });
  assert.deepEqual(states(), ["handled m1", "open", "open", "open", "open"]);
});

test("a comment goes with its task, and its number is not used again", async (t) => {
  const { store, comment, submit } = await setup(t);
  await comment(2);
  await store.write(() => store.reviewComments.remove(2));
  await store.write(() => store.tasks.transition(1, "cancel", 2000));
  await store.write(() => store.tasks.remove(1));
  assert.equal(store.reviewComments.get(1), null);
  const { id } = await submit();
  assert.equal((await store.write(() => store.reviewComments.insert(plainComment(id)))).id, 3);
});
