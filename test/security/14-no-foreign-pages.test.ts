/**
 * Items 14-18: pages of other origins get nothing, over TCP or the unix socket; answers carry no
 * permission for them.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDoor } from "../../testing/http-door.ts";

const submit = { path: "/api/v1/tasks", body: { prompt: "p", working_directory: "/tmp" } };

test("over TCP only this server's own origin is accepted", async (t) => {
  const { call, port, api } = await openDoor(t);
  for (const origin of [
    "null",
    "http://evil.test",
    `https://127.0.0.1:${port}`,
    `http://127.0.0.1:${port}.evil.test`,
    "http://127.0.0.1",
    `http://127.0.0.1:${port}/`,
    "file://",
  ]) {
    const answer = await call({ ...submit, tcp: true, headers: { origin } });
    assert.deepEqual([answer.status, answer.json()["code"]], [403, "forbidden"], origin);
  }
  assert.deepEqual(api.calls, []);
  assert.equal((await call({ ...submit, tcp: true, headers: { origin: `http://127.0.0.1:${port}` } })).status, 201);
});

test("a cross-site request without Origin is refused by what the browser says of it", async (t) => {
  const { call } = await openDoor(t);
  const answer = await call({ path: "/api/v1/tasks", tcp: true, headers: { "sec-fetch-site": "cross-site" } });
  assert.equal(answer.status, 403);
});

test("over the unix socket any Origin or Referer is refused", async (t) => {
  const { call, api } = await openDoor(t);
  for (const headers of [{ origin: "http://localhost" }, { origin: "null" }, { referer: "http://localhost/" }]) {
    assert.equal((await call({ ...submit, headers })).status, 403);
  }
  assert.deepEqual(api.calls, []);
});

test("no answer has a CORS header, also not the one to a preflight", async (t) => {
  const { call, port } = await openDoor(t);
  const origin = `http://127.0.0.1:${port}`;
  const answers = [
    await call({ method: "OPTIONS", path: "/api/v1/tasks", tcp: true, headers: { origin, "access-control-request-method": "POST" } }),
    await call({ path: "/api/v1/tasks", tcp: true, headers: { origin } }),
    await call({ path: "/health", tcp: true, headers: { origin } }),
    await call({ path: "/api/v1/tasks", tcp: true, headers: { origin: "http://evil.test" } }),
  ];
  assert.equal(answers[0]?.status, 405);
  for (const { headers } of answers)
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.startsWith("access-control")),
      [],
    );
});

test("what a form can send is refused, as only application/json is read", async (t) => {
  const { call, api } = await openDoor(t);
  for (const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json; charset=utf-16",
    "application/jsonp",
    "text/plain; application/json",
    "",
  ]) {
    const answer = await call({ ...submit, headers: { "content-type": type } });
    assert.deepEqual([answer.status, answer.json()["code"]], [415, "unsupported_media_type"], type);
  }
  for (const type of ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']) {
    assert.equal((await call({ ...submit, headers: { "content-type": type } })).status, 201, type);
  }
  assert.equal(api.calls.length, 3);
});

test("answers may not be cached, sniffed or framed, and load nothing", async (t) => {
  const { call } = await openDoor(t);
  for (const path of ["/health", "/api/v1/tasks", "/api/v1/nothing", "/api/v1/tasks/9"]) {
    const { headers } = await call({ path });
    assert.equal(headers["cache-control"], "no-store", path);
    assert.equal(headers["x-content-type-options"], "nosniff", path);
    assert.equal(headers["content-security-policy"], "default-src 'none'; frame-ancestors 'none'", path);
    assert.match(headers["content-type"] ?? "", /^application\/(problem\+)?json; charset=utf-8$/, path);
  }
});
