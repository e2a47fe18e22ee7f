/**
 * What is wrong with a request is said as a problem document (RFC 9457): status, stable code, the
 * place in the input, and what to do.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { WorkerError } from "../../src/domain/errors.ts";
import type { ErrorCode } from "../../src/domain/errors.ts";
import { openStore } from "../../src/store/sqlite/sqlite.ts";
import { openDoor } from "../../testing/http-door.ts";

const good = { prompt: "p", working_directory: "/tmp" };
const path = "/api/v1/tasks";

async function problemOf(t: Parameters<typeof openDoor>[0], body: unknown): Promise<{ pointer: string; detail: string }> {
  const { call } = await openDoor(t);
  const answer = await call({ method: "POST", path, body });
  assert.equal(answer.status, 400, answer.text);
  assert.equal(answer.headers["content-type"], "application/problem+json; charset=utf-8");
  const [problem] = answer.json()["errors"] as { pointer: string; detail: string }[];
  assert.ok(problem !== undefined);
  return problem;
}

test("a problem document has type, title, status, detail, code and errors", async (t) => {
  const { call } = await openDoor(t);
  const answer = await call({ path, body: { ...good, priority: "high", nmae: "x" } });
  assert.deepEqual(answer.json(), {
    type: "urn:claude-worker:problem:invalid_input",
    title: "Invalid input",
    status: 400,
    detail: "The request's body is not valid at /priority: Invalid input: expected number, received string (and 1 more).",
    code: "invalid_input",
    errors: [
      { pointer: "/priority", detail: "Invalid input: expected number, received string" },
      { pointer: "/nmae", detail: 'this field is not known; did you mean "name"?' },
    ],
  });
});

test("an unknown field is refused with the one that was meant", async (t) => {
  assert.match((await problemOf(t, { ...good, working_dir: "/x" })).detail, /not known/);
  assert.match((await problemOf(t, { ...good, max_turn: 3 })).detail, /did you mean "max_turns"/);
});

for (const [name, part, pointer] of [
  ["an empty prompt", { prompt: " \n" }, "/prompt"],
  ["a missing prompt", { prompt: undefined }, "/prompt"],
  ["a missing directory", { working_directory: undefined }, "/working_directory"],
  ["a wrong permission mode", { permission_mode: "yolo" }, "/permission_mode"],
  ["a wrong element", { allow: ["ok", 5] }, "/allow/1"],
  ["a fraction", { max_turns: 1.5 }, "/max_turns"],
  ["a huge number", { priority: 1e300 }, "/priority"],
  ["a negative budget", { max_budget_usd: -1 }, "/max_budget_usd"],
  ["a label's key", { labels: { "a b": "x" } }, "/labels/a b"],
  ["a label's value", { labels: { a: 1 } }, "/labels/a"],
  ["a slash in a key", { "a/b~": 1 }, "/a~1b~0"],
] as const) {
  test(`a bad request names the place of ${name}`, async (t) => {
    assert.equal((await problemOf(t, { ...good, ...part })).pointer, pointer);
  });
}

test("ids, numbers and cursors of the wrong form are 400, unknown ids 404", async (t) => {
  const { call } = await openDoor(t);
  for (const id of ["abc", "0", "-1", "1.0", "1e3", "0x1", "99999999999999999999", "9007199254740993", "%31", "١"]) {
    assert.equal((await call({ path: `${path}/${encodeURI(id)}` })).status, 400, id);
  }
  for (const query of [
    "limit=0",
    "limit=501",
    "limit=ten",
    "limit=",
    "limit=1&limit=2",
    "status=done",
    "status=",
    "order=random",
    "created_after=yesterday",
    "label=novalue",
    "label==x",
    "limt=3",
  ]) {
    assert.equal((await call({ path: `${path}?${query}` })).status, 400, query);
  }
  assert.match((await call({ path: `${path}?limt=3` })).text, /did you mean \\"limit\\"/);
  const unknown = await call({ path: `${path}/77` });
  assert.deepEqual([unknown.status, unknown.json()["code"]], [404, "not_found"]);
});

test("unknown addresses are 404, wrong methods 405 with Allow", async (t) => {
  const { call } = await openDoor(t);
  for (const each of [
    "/",
    "/api",
    "/api/v1",
    "/api/v1/tasks/",
    "/api/v1/tasks/1/",
    "/api/v1/tasks/1/nothing",
    "//health",
    "/health/",
    "/API/v1/tasks",
    "/api/v1/tasks/1/cancel/x",
  ]) {
    assert.equal((await call({ path: each })).status, 404, each);
  }
  const wrong = await call({ method: "PUT", path });
  assert.deepEqual([wrong.status, wrong.headers.allow], [405, "GET, HEAD, POST"]);
  assert.equal(wrong.json()["code"], "method_not_allowed");
  assert.equal((await call({ path: `${path}/1/cancel` })).headers.allow, "POST");
  assert.equal((await call({ method: "BREW", path })).status, 400);
});

test("a query or a body where none belongs is refused", async (t) => {
  const { call } = await openDoor(t);
  assert.equal((await call({ path: "/health?x=1" })).status, 400);
  assert.equal((await call({ method: "DELETE", path: `${path}/1`, body: { force: true } })).status, 400);
  assert.equal((await call({ path: "/api/v1/server/stop", body: { mode: "later" } })).status, 400);
});

for (const [code, status, header] of [
  ["untrusted_directory", 403, null],
  ["forbidden", 403, null],
  ["conflict", 409, null],
  ["too_many_requests", 429, "retry-after"],
  ["unavailable", 503, "retry-after"],
  ["storage_full", 507, "retry-after"],
  ["storage_unusable", 503, "retry-after"],
  ["internal", 500, null],
] as const satisfies [ErrorCode, number, string | null][]) {
  test(`the error ${code} is answered with ${status}`, async (t) => {
    const { api, call } = await openDoor(t);
    api.failNextSubmit = new WorkerError(code, "What happened. What to do.");
    const answer = await call({ path, body: good });
    assert.deepEqual([answer.status, answer.json()["code"], answer.json()["detail"]], [status, code, "What happened. What to do."]);
    if (header !== null) assert.ok(Number(answer.headers[header]) > 0);
  });
}

test("a server that was replaced refuses writes as away, so that clients repeat them", async (t) => {
  const { api, call } = await openDoor(t);
  const other = openStore({ path: api.paths.database });
  t.after(() => other.close());
  const refused = await call({ path, body: good });
  assert.deepEqual([refused.status, refused.json()["code"]], [503, "unavailable"]);
  assert.match(String(refused.json()["detail"]), /^Another server took over/);
  assert.ok(Number(refused.headers["retry-after"]) > 0);
  assert.equal(other.tasks.counts().pending, 0);
});

test("an internal error is logged, and its answer gives no details", async (t) => {
  const { api, call, logged } = await openDoor(t);
  api.failNextSubmit = new TypeError("secret path /home/x");
  const answer = await call({ path, body: good });
  assert.equal(answer.status, 500);
  assert.ok(!answer.text.includes("secret"));
  const [entry, ...others] = logged as { err?: unknown; method?: unknown; url?: unknown }[];
  assert.ok(entry?.err instanceof Error);
  assert.deepEqual([entry.method, entry.url, others], ["POST", path, []]);
});

test("what is not HTTP is answered 400, and too long headers 431", async (t) => {
  const { raw, port } = await openDoor(t);
  assert.match(await raw("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n"), /^HTTP\/1\.1 400 /);
  assert.match(await raw(`GET /health HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nBad Header: x\r\n\r\n`), /^HTTP\/1\.1 400 /);
  const smuggled = `POST /health HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`;
  assert.match(await raw(smuggled), /^HTTP\/1\.1 400 /);
  const long = `GET /health HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX: ${"y".repeat(20_000)}\r\n\r\n`;
  assert.match(await raw(long), /^HTTP\/1\.1 431 [^]*headers_too_large/);
});
