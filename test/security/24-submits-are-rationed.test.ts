/**
 * Item 24: one token's submits and the length of the queue have limits; 429 says when to try again.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDoorOf } from "../../testing/http-door.ts";
import { realApi } from "../../testing/real-api.ts";

test("a token may submit a limited number of tasks a minute, batches included", async (t) => {
  const { api, clock, corner } = realApi(t, { submits_per_minute: 6 });
  const { call } = await openDoorOf(t, api, { directory: corner.directory });
  const admin = { scope: "admin", name: "test" } as const;
  const [{ token }, { token: other }] = [
    await api.createToken({ name: "a", scope: "submit" }, admin),
    await api.createToken({ name: "b", scope: "submit" }, admin),
  ];
  const input = { prompt: "p", working_directory: corner.work };
  const batch = { path: "/api/v1/tasks/batch", body: { tasks: [input, input, input, input, input] }, tcp: true };
  const one = { path: "/api/v1/tasks", body: input, tcp: true };
  assert.equal((await call({ ...batch, token })).status, 201);
  assert.equal((await call({ ...one, token })).status, 201);
  const refused = await call({ ...one, token });
  assert.deepEqual([refused.status, refused.json()["code"], refused.headers["retry-after"]], [429, "too_many_requests", "10"]);
  assert.equal((await call({ ...one, token: other })).status, 201);
  for (let index = 0; index < 10; index++) assert.equal((await call(one)).status, 201);
  clock.nowMs += 10_000;
  assert.equal((await call({ ...one, token })).status, 201);
  assert.equal((await call({ ...one, token })).status, 429);
});

test("a replay with an idempotency key does not count as a submit", async (t) => {
  const { api, corner } = realApi(t, { submits_per_minute: 1 });
  const { call } = await openDoorOf(t, api, { directory: corner.directory });
  const { token } = await api.createToken({ name: "a", scope: "submit" }, { scope: "admin", name: "test" });
  const submit = {
    path: "/api/v1/tasks",
    body: { prompt: "p", working_directory: corner.work },
    headers: { "idempotency-key": "k" },
    tcp: true,
    token,
  };
  for (let index = 0; index < 3; index++) assert.equal((await call(submit)).status, 201);
});

test("a full queue accepts no more tasks, not even part of a batch", async (t) => {
  const { api, corner, store } = realApi(t, { max_pending: 3 });
  const { call } = await openDoorOf(t, api, { directory: corner.directory });
  const input = { prompt: "p", working_directory: corner.work };
  assert.equal((await call({ path: "/api/v1/tasks/batch", body: { tasks: [input, input] } })).status, 201);
  const refused = await call({ path: "/api/v1/tasks/batch", body: { tasks: [input, input] } });
  assert.deepEqual([refused.status, store.tasks.counts().pending], [429, 2]);
  assert.ok(Number(refused.headers["retry-after"]) > 0);
  assert.equal((await call({ path: "/api/v1/tasks", body: input })).status, 201);
});
