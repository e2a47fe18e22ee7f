import assert from "node:assert/strict";
import { test } from "node:test";
import { cancelTask } from "../../src/operations/cancel-task.ts";
import { setup } from "../store/setup.ts";

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
