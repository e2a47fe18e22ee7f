import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { test } from "node:test";
import { WorkerClient } from "../../src/client/index.ts";
import { eventually } from "../../testing/eventually.ts";
import { setup } from "./setup.ts";
import type { TaskRef } from "../../src/domain/task/task-ref.ts";

test("the client waits for all tasks and reports each as it ends", async (t) => {
  const { client, api, submit } = await setup(t);
  for (let each = 0; each < 3; each++) await submit();
  await api.finish(3, "failed");
  const told: TaskRef[] = [];
  const onEnd = ({ id }: { id: TaskRef }): void => {
    told.push(id);
    if (id === 3) void api.finish(2);
    if (id === 2) void api.finish(1);
  };
  const { ended, open } = await client.wait([1, 2, 3], { onEnd });
  assert.deepEqual(told, [3, 2, 1]);
  assert.deepEqual(
    ended.map(({ id, status }) => [id, status]),
    [
      [1, "completed"],
      [2, "completed"],
      [3, "failed"],
    ],
  );
  assert.deepEqual(open, []);
});

test("the client waits for more tasks than it follows at once", async (t) => {
  const { client, api, submit } = await setup(t);
  const ids: TaskRef[] = [];
  for (let each = 0; each < 40; each++) ids.push((await submit()).id);
  const waiting = client.wait(ids);
  for (const id of ids.toReversed()) await api.finish(id);
  assert.equal((await waiting).ended.length, 40);
});

test("a client's wait says which tasks had not ended when the time was over", async (t) => {
  const { client, api, submit } = await setup(t);
  await submit();
  await submit();
  await api.finish(1);
  const { ended, open } = await client.wait([1, 2], { timeoutMs: 200 });
  assert.deepEqual([ended.map(({ id }) => id), open], [[1], [2]]);
});

test("a client's wait ends at the signal and closes its connections", async (t) => {
  const { client, api, submit } = await setup(t);
  await submit();
  const { open } = await client.wait([1], { signal: AbortSignal.timeout(50) });
  assert.deepEqual(open, [1]);
  await eventually(() => api.subscriptions === 0);
});

test("a client's wait fails for an unknown task at once", async (t) => {
  const { client, api, submit } = await setup(t);
  await submit();
  const get = client.getTask.bind(client);
  // The answer for the unknown one comes when the other is followed already.
  const getTask: typeof client.getTask = async (input) => {
    if (input.id === 99) await eventually(() => api.subscriptions === 1);
    return await get(input);
  };
  Object.assign(client, { getTask });
  await assert.rejects(client.wait([1, 99]), { code: "not_found" });
  await eventually(() => api.subscriptions === 0);
});

test("a client's wait that began without a server waits for one", async (t) => {
  const { api, submit, socket } = await setup(t);
  const ids: TaskRef[] = [];
  for (let each = 0; each < 20; each++) ids.push((await submit()).id);
  const client = new WorkerClient({ kind: "socket", path: socket });
  t.after(() => client.close());
  renameSync(socket, `${socket}.away`);
  const told: string[] = [];
  const waiting = client.wait(ids, { onOutage: (reason) => told.push(reason) });
  await eventually(() => told.length > 0);
  for (const id of ids) await api.finish(id);
  renameSync(`${socket}.away`, socket);
  assert.deepEqual(
    (await waiting).ended.map(({ id }) => id),
    ids,
  );
  assert.match(String(told[0]), /No server answers/);
});

test("a client's wait gives up on a server that stays away", async (t) => {
  const { submit, socket, overTcp } = await setup(t);
  const { id } = await submit();
  // No connection of an earlier question leads there.
  const lost = new WorkerClient({ kind: "socket", path: `${socket}.away` });
  await assert.rejects(lost.wait([id], { reconnectForMs: 100 }), { code: "server_unreachable" });
  assert.deepEqual((await lost.wait([id], { timeoutMs: 50 })).open, [id], "its own time limit counts meanwhile");
  await assert.rejects(overTcp().wait([99], { reconnectForMs: 3_600_000 }), { code: "not_found" });
});
