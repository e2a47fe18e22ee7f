/** Lists in the order of the queue. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Caller } from "../../../src/contract/caller.ts";
import { taskInput } from "../../../src/contract/task-input.ts";
import { realApi } from "../../../testing/real-api.ts";

const person: Caller = { scope: "admin", name: "socket" };

test("the order queue lists pending tasks as they will start, in pages", async (t) => {
  const { api, corner, store, clock, finish } = realApi(t);
  const submit = async (fields: object = {}): Promise<number> => {
    const task = await api.submitTask(taskInput.parse({ prompt: "Work", working_directory: corner.work, ...fields }), person);
    return task.id;
  };
  const [a, b, c, d, done] = [await submit(), await submit({ priority: 5 }), await submit({ group: "x" }), await submit(), await submit()];
  await finish(done);
  await api.moveTask({ id: d, to: "front" }, person);
  const list = async (query: object) => await api.listTasks({ order: "queue", ...query } as never);
  const idsOf = ({ tasks }: { tasks: readonly { id: unknown }[] }): unknown[] => tasks.map(({ id }) => id);
  assert.deepEqual(idsOf(await list({})), [d, b, a, c]);
  assert.deepEqual(idsOf(await list({})), store.tasks.startable(clock.nowMs, 10));
  assert.deepEqual(idsOf(await list({ group: "x" })), [c]);
  const first = await list({ limit: 2 });
  assert.deepEqual(idsOf(first), [d, b]);
  // A page continues at its place in the queue, although its last task has started.
  await finish(b);
  const second = await list({ limit: 2, cursor: first.next_cursor });
  assert.deepEqual([idsOf(second), second.next_cursor], [[a, c], null]);
  await assert.rejects(list({ cursor: "cXVldWU6MQ" }), /This cursor is not from a list with the same order/);
  await assert.rejects(api.listTasks({ order: "oldest", cursor: first.next_cursor } as never), { code: "invalid_input" });
  await assert.rejects(list({ status: ["pending", "failed"] }), /The order queue is the order of pending tasks: leave the status out/);
});
