/**
 * Items 10-12: named tokens with scopes, hashed at rest; revoked or expired they open nothing, and
 * their streams end.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { request as httpRequest } from "node:http";
import type { Duplex } from "node:stream";
import type { McpDoor } from "../../src/http/mcp-door.ts";
import { FailedLogins } from "../../src/http/request/failed-logins.ts";
import { openDoorOf } from "../../testing/http-door.ts";
import type { OpenDoor } from "../../testing/http-door.ts";
import { realApi } from "../../testing/real-api.ts";
import type { RealApi } from "../../testing/real-api.ts";
import { askingTask, permission } from "../../testing/plain-question.ts";
import { SseReader } from "../../testing/sse-reader.ts";
import { eventually } from "../../testing/eventually.ts";

type Bundle = RealApi & OpenDoor & { make(scope: string, more?: object): Promise<{ id: number; token: string }> };

async function setup(t: TestContext, options: { mcp?: McpDoor } = {}): Promise<Bundle> {
  const real = realApi(t);
  const open = await openDoorOf(t, real.api, { directory: real.corner.directory, ...options });
  const make = async (scope: string, more: object = {}) => {
    const answer = await open.call({ path: "/api/v1/tokens", body: { name: `${scope}-token`, scope, ...more } });
    assert.equal(answer.status, 201, answer.text);
    return answer.json() as { id: number; token: string };
  };
  return { ...real, ...open, make };
}

test("each scope of a token allows its own routes and those below", async (t) => {
  const { call, door, make } = await setup(t);
  const ranks = { read: 1, submit: 2, admin: 3 };
  for (const scope of ["read", "submit", "admin"] as const) {
    const { token } = await make(scope);
    for (const route of door.routes) {
      if (route.access === "open" || route.name === "removeToken") continue;
      const answer = await call({ method: route.method, path: route.path.replace("{id}", "999"), tcp: true, token });
      const isRefused = answer.status === 403;
      assert.equal(isRefused, ranks[scope] < ranks[route.access], `${scope}: ${route.name} answers ${answer.status}`);
    }
  }
});

test("an answer of a revoked token that no attempt has is asked again", async (t) => {
  const all = await setup(t);
  const { call, make, store } = all;
  const { task, ask } = await askingTask(all);
  const { id } = await ask(permission);
  const { id: tokenId, token } = await make("submit");
  const path = `/api/v1/questions/${id}/answer`;
  // The task is pending: parked, answered, and without a free slot.
  assert.equal((await call({ path, body: { decision: "allow" }, tcp: true, token })).status, 200);
  assert.equal((await call({ method: "DELETE", path: `/api/v1/tokens/${tokenId}` })).status, 204);
  const { status, answer, answeredBy } = store.questions.get(id) ?? {};
  assert.deepEqual([status, answer, answeredBy, store.tasks.row(task)?.status], ["open", null, null, "waiting"]);
  assert.equal(store.events.ofTask(task, 0, 100).at(-1)?.type, "question_asked");
  assert.equal((await call({ path, body: { decision: "deny" } })).status, 200);
  assert.deepEqual([store.questions.get(id)?.answer, store.tasks.row(task)?.status], [{ decision: "deny" }, "pending"]);
});

test("no submit token may take the bypass mode", async (t) => {
  const { call, corner, make } = await setup(t);
  const body = { prompt: "p", working_directory: corner.work, permission_mode: "bypassPermissions" };
  const { token } = await make("submit");
  assert.equal((await call({ path: "/api/v1/tasks", body, tcp: true, token })).status, 403);
});

test("the secret of a token is shown once and is not in the database", async (t) => {
  const { call, make, paths, store } = await setup(t);
  const { token } = await make("read");
  assert.match(token, /^cw_[\w-]{43}$/);
  const list = await call({ path: "/api/v1/tokens" });
  assert.ok(!list.text.includes(token));
  assert.match(list.text, /"name":"read-token","scope":"read","hint":"cw_/);
  await store.write(() => {}); // A commit later it is still not there.
  for (const file of [paths.database, `${paths.database}-wal`]) assert.ok(!readFileSync(file).includes(token.slice(7)), file);
  assert.equal((await call({ path: "/api/v1/tokens", body: { name: "read-token", scope: "admin" } })).status, 409);
  assert.equal((await call({ path: "/api/v1/tokens", body: { name: "local", scope: "admin" } })).status, 400);
});

test("the last use of a token is noted to the minute", async (t) => {
  const { api, call, clock, make } = await setup(t);
  const { token } = await make("read");
  const used = async () => (await api.listTokens()).tokens[0]?.last_used_at ?? null;
  assert.equal(await used(), null);
  const first = new Date(clock.nowMs).toISOString();
  await call({ path: "/api/v1/server", tcp: true, token });
  await eventually(async () => (await used()) === first);
  clock.nowMs += 30_000;
  await call({ path: "/api/v1/server", tcp: true, token });
  assert.equal(await used(), first);
  clock.nowMs += 31_000;
  await call({ path: "/api/v1/server", tcp: true, token });
  await eventually(async () => (await used()) !== first);
});

test("a revoked token is refused, and its streams end", async (t) => {
  const open = await setup(t);
  const { id, token } = await open.make("read");
  const stream = async (more: object) =>
    new SseReader(await open.stream({ path: "/api/v1/events", headers: { accept: "text/event-stream" }, ...more }));
  const theirs = await stream({ tcp: true, token });
  const ours = await stream({ tcp: true });
  assert.equal((await open.call({ method: "DELETE", path: `/api/v1/tokens/${id}` })).status, 204);
  await theirs.ended;
  assert.equal((await open.call({ path: "/api/v1/server", tcp: true, token })).status, 401);
  await open.call({ path: "/api/v1/tasks", body: { prompt: "p", working_directory: open.corner.work } });
  await ours.count(1);
  ours.close();
  assert.equal((await open.call({ method: "DELETE", path: `/api/v1/tokens/${id}` })).status, 404);
});

test("an MCP connection and a long MCP answer end with their token", async (t) => {
  const never = new Promise<void>(() => {});
  const mcp: McpDoor = {
    request: (_request, response) => {
      response.write("data: {}\n\n");
      return never;
    },
    connection: (socket) => void socket.resume(),
    start: () => {},
    stop: async () => {},
  };
  const open = await setup(t, { mcp });
  const { id, token } = await open.make("read");
  const headers = { connection: "upgrade", upgrade: "claude-worker-mcp" };
  const upgraded = await upgrade(open.port, { ...headers, authorization: `Bearer ${token}` });
  const answer = await open.stream({ method: "POST", path: "/mcp", body: {}, tcp: true, token });
  const ended = Promise.all(
    [upgraded, answer].map(
      (each) =>
        new Promise((resolve) =>
          each
            .resume()
            .on("error", () => {})
            .once("close", resolve),
        ),
    ),
  );
  assert.equal((await open.call({ method: "DELETE", path: `/api/v1/tokens/${id}` })).status, 204);
  await ended;
});

/** The connection after it was upgraded. */
function upgrade(port: number, headers: Record<string, string>): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port, path: "/mcp", headers });
    request.on("upgrade", (_answer, socket) => resolve(socket)).on("error", reject);
    request.on("response", ({ statusCode }) => reject(new Error(`not upgraded: ${statusCode}`)));
    request.end();
  });
}

test("an expired token is refused, and its streams end", async (t) => {
  const open = await setup(t);
  const expires = new Date(Date.now() + 1500).toISOString();
  const { token } = await open.make("read", { expires_at: expires });
  open.clock.nowMs = Date.now();
  const reader = new SseReader(await open.stream({ path: "/api/v1/events", headers: { accept: "text/event-stream" }, tcp: true, token }));
  assert.equal(reader.status, 200);
  await reader.ended;
  open.clock.nowMs = Date.now();
  assert.equal((await open.call({ path: "/api/v1/server", tcp: true, token })).status, 401);
  const past = await open.call({ path: "/api/v1/tokens", body: { name: "late", scope: "read", expires_at: "2020-01-01T00:00:00Z" } });
  assert.equal(past.status, 400);
});

test("after twenty wrong tokens in a minute the address must wait", async (t) => {
  const { call } = await setup(t);
  const wrong = () => call({ path: "/api/v1/server", tcp: true, token: "wrong" });
  const statuses: number[] = [];
  for (let index = 0; index < 22; index++) statuses.push((await wrong()).status);
  assert.deepEqual(
    statuses.slice(0, 20),
    Array.from({ length: 20 }, () => 401),
  );
  assert.deepEqual(statuses.slice(20), [429, 429]);
  assert.ok(Number((await wrong()).headers["retry-after"]) >= 1);
  assert.equal((await call({ path: "/api/v1/server", tcp: true })).status, 200);
});

test("the wait after wrong tokens ends after a minute, whatever the clock does", () => {
  const failures = new FailedLogins();
  const addMany = (now: number) => {
    for (let index = 0; index < 20; index++) failures.add("a", now);
  };
  addMany(1_000_000);
  assert.throws(() => failures.add("a", 1_030_000), { code: "too_many_requests", retryAfterMs: 30_000 });
  failures.add("b", 1_030_000);
  failures.add("a", 1_061_000);
  addMany(500_000);
});
