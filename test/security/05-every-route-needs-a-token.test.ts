/**
 * Items 5, 7 and 8: over TCP every route wants the token, in the header only, compared whole; it
 * shows up nowhere else.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDoor } from "../../testing/http-door.ts";

const open = new Set([
  "GET /health",
  "POST /api/v1/sessions",
  "GET /docs",
  "GET /docs/style.css",
  "GET /answer/{link}",
  "POST /answer/{link}",
]);

test("every route but the open ones answers 401 without a token", async (t) => {
  const { door, call } = await openDoor(t, { publicUrl: "https://worker.example.com" });
  assert.ok(door.routes.length > 15);
  assert.equal(door.pages.length, 2);
  for (const route of [...door.routes, ...door.pages]) {
    const name = `${route.method} ${route.path}`;
    assert.equal(route.access === "open", open.has(name), `${name}: is it meant to be open?`);
    if (route.access === "open") continue;
    const answer = await call({
      method: route.method,
      path: route.path.replace("{id}", "1"),
      tcp: true,
      token: null,
      headers: { accept: "text/event-stream" },
    });
    assert.equal(answer.status, 401, name);
    assert.equal(answer.headers["www-authenticate"], 'Bearer realm="claude-worker"');
    assert.equal(answer.json()["code"], "unauthorized");
  }
});

test("without a public address there are no pages that answer", async (t) => {
  const { door, call } = await openDoor(t);
  assert.deepEqual(door.pages, []);
  assert.equal((await call({ path: "/answer/1.1.1.a.b", tcp: true, token: null })).status, 401);
});

test("an unknown address is answered 401 without a token", async (t) => {
  const { call } = await openDoor(t);
  assert.equal((await call({ path: "/api/v1/nothing", tcp: true, token: null })).status, 401);
  assert.equal((await call({ path: "/api/v1/nothing", tcp: true })).status, 404);
});

test("only the exact token is accepted", async (t) => {
  const { call, token } = await openDoor(t);
  const path = "/api/v1/server";
  assert.equal((await call({ path, tcp: true })).status, 200);
  const wrong = [token.slice(0, -1), `${token}x`, token.toUpperCase(), ` ${token}x`, "x".repeat(token.length), "", "a".repeat(5000)];
  for (const each of wrong) assert.equal((await call({ path, tcp: true, token: each })).status, 401, each);
  for (const authorization of [token, `Basic ${token}`, `Bearer`, `Bearer ${token} ${token}`, `Bearer "${token}"`]) {
    assert.equal((await call({ path, tcp: true, token: null, headers: { authorization } })).status, 401, authorization);
  }
});

test("a token in the address or in a cookie does not count", async (t) => {
  const { call, token } = await openDoor(t);
  for (const name of ["token", "access_token"]) {
    assert.equal((await call({ path: `/api/v1/server?${name}=${token}`, tcp: true, token: null })).status, 401);
  }
  assert.equal((await call({ path: "/api/v1/server", tcp: true, token: null, headers: { cookie: `token=${token}` } })).status, 401);
});

test("the token is in no log and in no answer", async (t) => {
  const { api, call, logged, token } = await openDoor(t);
  api.failNextSubmit = new Error("unexpected");
  const answer = await call({ path: "/api/v1/tasks", body: { prompt: "p", working_directory: "/tmp" }, tcp: true });
  assert.equal(answer.status, 500);
  assert.equal(logged.length, 1);
  const nearly = await call({ path: "/api/v1/server", tcp: true, token: `${token}x` });
  for (const text of [JSON.stringify(logged), answer.text, nearly.text]) assert.ok(!text.includes(token));
});
