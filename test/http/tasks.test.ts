/** The routes of tasks, over the unix socket, with the real operations. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDoor } from "../../testing/http-door.ts";
import type { OpenDoor } from "../../testing/http-door.ts";

const input = { prompt: "Write a haiku\nabout queues", working_directory: "/tmp" };

async function submit(open: OpenDoor, more: object = {}): Promise<number> {
  const answer = await open.call({ path: "/api/v1/tasks", body: { ...input, ...more } });
  assert.equal(answer.status, 201, answer.text);
  return Number(answer.json()["id"]);
}

test("a submit over HTTP says where its task is", async (t) => {
  const open = await openDoor(t);
  const answer = await open.call({ path: "/api/v1/tasks", body: input });
  assert.equal(answer.status, 201);
  assert.equal(answer.headers.location, "/api/v1/tasks/1");
  assert.equal(answer.headers["content-type"], "application/json; charset=utf-8");
  assert.equal(answer.json()["title"], "Write a haiku");
  assert.deepEqual(open.api.calls, [{ verb: "submit", caller: { scope: "admin", name: "socket" } }]);
  const read = await open.call({ path: "/api/v1/tasks/1" });
  assert.equal(read.json()["prompt"], input.prompt);
});

test("tasks are listed over HTTP in pages, with filters and a cursor", async (t) => {
  const open = await openDoor(t);
  for (const name of ["a", "b", "c"]) await submit(open, { name, labels: { kind: name === "b" ? "odd" : "even" } });
  const first = (await open.call({ path: "/api/v1/tasks?limit=2" })).json();
  assert.deepEqual(
    (first["tasks"] as { id: number }[]).map((task) => task.id),
    [3, 2],
  );
  const second = (await open.call({ path: `/api/v1/tasks?limit=2&cursor=${String(first["next_cursor"])}` })).json();
  assert.deepEqual(
    (second["tasks"] as { id: number }[]).map((task) => task.id),
    [1],
  );
  assert.equal(second["next_cursor"], null);
  const odd = (await open.call({ path: "/api/v1/tasks?label=kind%3Dodd&status=pending,running&order=oldest" })).json();
  assert.deepEqual(
    (odd["tasks"] as { name: string }[]).map((task) => task.name),
    ["b"],
  );
  const none = (await open.call({ path: "/api/v1/tasks?status=failed&status=completed" })).json();
  assert.deepEqual(none["tasks"], []);
});

test("PATCH changes name, priority and labels, and only those that are named", async (t) => {
  const open = await openDoor(t);
  const id = await submit(open, { name: "before", priority: 3 });
  const changed = await open.call({ method: "PATCH", path: `/api/v1/tasks/${id}`, body: { priority: 9 } });
  assert.equal(changed.status, 200);
  assert.deepEqual([changed.json()["name"], changed.json()["priority"]], ["before", 9]);
  const cleared = await open.call({ method: "PATCH", path: `/api/v1/tasks/${id}`, body: { name: null } });
  assert.equal(cleared.json()["name"], null);
  const empty = await open.call({ method: "PATCH", path: `/api/v1/tasks/${id}`, body: {} });
  assert.equal(empty.status, 400);
});

test("cancel, retry and remove over HTTP answer 409 where they may not happen", async (t) => {
  const open = await openDoor(t);
  const id = await submit(open);
  const path = `/api/v1/tasks/${id}`;
  assert.equal((await open.call({ method: "DELETE", path })).status, 409);
  assert.equal((await open.call({ method: "POST", path: `${path}/retry` })).status, 409);
  const cancelled = await open.call({ method: "POST", path: `${path}/cancel` });
  assert.deepEqual([cancelled.status, cancelled.json()["status"]], [200, "cancelled"]);
  await open.call({ method: "POST", path: `${path}/retry`, body: {} });
  await open.api.finish(id);
  assert.equal((await open.call({ method: "POST", path: `${path}/cancel` })).status, 409);
  assert.equal((await open.call({ method: "POST", path: `${path}/retry`, body: {} })).json()["status"], "pending");
  await open.call({ method: "POST", path: `${path}/cancel` });
  const removed = await open.call({ method: "DELETE", path });
  assert.deepEqual([removed.status, removed.text], [204, ""]);
  assert.equal((await open.call({ path })).status, 404);
});

test("HEAD is answered as GET without the body", async (t) => {
  const open = await openDoor(t);
  await submit(open);
  const head = await open.call({ method: "HEAD", path: "/api/v1/tasks/1" });
  assert.deepEqual([head.status, head.text], [200, ""]);
  assert.ok(Number(head.headers["content-length"]) > 100);
});

test("HTTP serves trust, holds, attempts, the server's state and its stop", async (t) => {
  const open = await openDoor(t);
  await submit(open);
  const trust = { directory: "/usr/bin" };
  assert.equal((await open.call({ path: "/api/v1/trust", body: trust })).status, 200);
  assert.match((await open.call({ path: "/api/v1/trust" })).text, /\/usr\/bin/);
  assert.doesNotMatch((await open.call({ method: "DELETE", path: "/api/v1/trust", body: trust })).text, /\/usr\/bin/);
  assert.match((await open.call({ path: "/api/v1/holds", body: { reason: "lunch" } })).text, /lunch/);
  assert.match((await open.call({ path: "/api/v1/holds" })).text, /lunch/);
  assert.deepEqual((await open.call({ method: "DELETE", path: "/api/v1/holds" })).json(), { holds: [] });
  assert.equal((await open.call({ method: "POST", path: "/api/v1/holds" })).status, 200);
  assert.deepEqual((await open.call({ path: "/api/v1/tasks/1/attempts" })).json(), { attempts: [] });
  assert.equal((await open.call({ path: "/api/v1/server" })).json()["epoch"], 1);
  assert.equal((await open.call({ path: "/health" })).json()["status"], "healthy");
  assert.equal((await open.call({ method: "POST", path: "/api/v1/server/stop", body: { mode: "drain" } })).status, 202);
  assert.deepEqual(open.api.calls.at(-1)?.verb, "stop");
});
