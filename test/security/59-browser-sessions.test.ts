/**
 * Browsers sign in with a code or a token, and a cookie stands for them. It opens nothing to other
 * pages, other doors and other servers, and ends when it is ended.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { openDoorOf } from "../../testing/http-door.ts";
import type { DoorAnswer, DoorCall, OpenDoor } from "../../testing/http-door.ts";
import { realApi } from "../../testing/real-api.ts";
import type { RealApi } from "../../testing/real-api.ts";
import { eventually } from "../../testing/eventually.ts";
import { SseReader } from "../../testing/sse-reader.ts";
import { askingTask, permission } from "../../testing/plain-question.ts";
import type { HttpOptions } from "../../src/http/server.ts";

const sessions = "/api/v1/sessions";
const dayMs = 86_400_000;

interface Bundle extends RealApi, OpenDoor {
  /** A browser's request: over TCP, without a token. */
  browse(call: DoorCall): Promise<DoorAnswer>;
  code(): Promise<string>;
  /** Signs in. @returns the cookie as a browser sends it. */
  signIn(body: object, headers?: Record<string, string>): Promise<string>;
  /** What a page of the server sends along when it changes something. */
  readonly ownPage: Record<string, string>;
}

async function setup(t: TestContext, options: Partial<HttpOptions> = {}): Promise<Bundle> {
  const real = realApi(t);
  const open = await openDoorOf(t, real.api, { directory: real.corner.directory, ...options });
  const browse = (call: DoorCall): Promise<DoorAnswer> => open.call({ ...call, tcp: true, token: null });
  return {
    ...real,
    ...open,
    browse,
    ownPage: { origin: `http://127.0.0.1:${open.port}`, "x-claude-worker": "1" },
    code: async () => String((await open.call({ method: "POST", path: "/api/v1/login-codes" })).json()["code"]),
    async signIn(body, headers = {}) {
      const answer = await browse({ path: sessions, body, headers });
      assert.equal(answer.status, 201, answer.text);
      return cookieOf(answer);
    },
  };
}

function cookieOf({ headers }: DoorAnswer): string {
  return headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
}

test("a code signs one browser in, once", async (t) => {
  const { browse, code, logged } = await setup(t);
  const secret = await code();
  assert.match(secret, /^[\w-]{43}$/);
  const answer = await browse({ path: sessions, body: { code: secret }, headers: { "user-agent": "Firefox" } });
  assert.equal(answer.status, 201, answer.text);
  assert.match(
    answer.headers["set-cookie"]?.[0] ?? "",
    /^cw-session-[0-9a-f]{8}=[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/,
  );
  const cookie = cookieOf(answer);
  assert.ok(!answer.text.includes(cookie.split("=")[1] ?? "?"));
  const { scope, signed_in_with, user_agent, address, current } = answer.json();
  assert.deepEqual([scope, signed_in_with, user_agent, address, current], ["admin", "code", "Firefox", "127.0.0.1", true]);
  assert.equal((await browse({ path: "/api/v1/tokens", headers: { cookie } })).status, 200);
  const again = await browse({ path: sessions, body: { code: secret } });
  assert.deepEqual([again.status, again.headers["set-cookie"]], [401, undefined]);
  assert.match(again.text, /used already, or it is older than a minute/);
  assert.deepEqual(logged, []);
});

test("a code is good for a minute", async (t) => {
  const { browse, clock, code, signIn } = await setup(t);
  const [first, second] = [await code(), await code()];
  clock.nowMs += 59_999;
  await signIn({ code: first });
  clock.nowMs += 1;
  assert.equal((await browse({ path: sessions, body: { code: second } })).status, 401);
});

test("only an admin makes codes, and a sign-in names one secret", async (t) => {
  const { api, browse, call } = await setup(t);
  const { token } = await api.createToken({ name: "ci", scope: "submit" }, { scope: "admin", name: "socket" });
  assert.equal((await call({ method: "POST", path: "/api/v1/login-codes", tcp: true, token })).status, 403);
  for (const body of [{}, { code: "a", token: "b" }, { code: "" }, { code: 1 }, { code: "a", more: 1 }])
    assert.equal((await browse({ path: sessions, body })).status, 400, JSON.stringify(body));
});

test("wrong codes count as failed logins", async (t) => {
  const { browse, code, signIn } = await setup(t);
  for (let tries = 0; tries < 20; tries++) assert.equal((await browse({ path: sessions, body: { code: `x${tries}` } })).status, 401);
  assert.equal((await browse({ path: sessions, body: { token: "x" } })).status, 429);
  await signIn({ code: await code() }); // A right one passes.
});

test("a session of a token has its scope, says so, and ends with it", async (t) => {
  const all = await setup(t);
  const { api, browse, call, ownPage, signIn, store } = all;
  const { token, id } = await api.createToken({ name: "phone", scope: "submit" }, { scope: "admin", name: "socket" });
  const cookie = await signIn({ token });
  const headers = { ...ownPage, cookie };
  assert.equal((await browse({ path: "/api/v1/tokens", headers })).status, 403);
  const { task, ask } = await askingTask(all);
  const question = await ask(permission);
  const path = `/api/v1/questions/${question.id}/answer`;
  assert.equal((await browse({ path, body: { decision: "allow" }, headers })).status, 200);
  assert.equal(store.questions.get(question.id)?.answeredBy, "session:1:phone");
  const stream = new SseReader(
    await all.stream({ path: "/api/v1/events", tcp: true, token: null, headers: { ...headers, accept: "text/event-stream" } }),
  );
  assert.equal((await call({ method: "DELETE", path: `/api/v1/tokens/${id}` })).status, 204);
  await stream.ended;
  assert.equal((await browse({ path: "/api/v1/server", headers })).status, 401);
  // As with the token itself: what was answered and has had no effect is asked again.
  assert.deepEqual([store.questions.get(question.id)?.status, store.tasks.row(task)?.status], ["open", "waiting"]);
});

test("a session by a code that a token made ends with that token", async (t) => {
  const { api, browse, call, signIn } = await setup(t);
  const { token, id } = await api.createToken({ name: "boss", scope: "admin" }, { scope: "admin", name: "socket" });
  const made = await call({ method: "POST", path: "/api/v1/login-codes", tcp: true, token });
  const late = await call({ method: "POST", path: "/api/v1/login-codes", tcp: true, token });
  const cookie = await signIn({ code: made.json()["code"] });
  assert.equal((await browse({ path: "/api/v1/tokens", headers: { cookie } })).status, 200);
  await call({ method: "DELETE", path: `/api/v1/tokens/${id}` });
  assert.equal((await browse({ path: "/api/v1/tokens", headers: { cookie } })).status, 401);
  assert.equal((await browse({ path: sessions, body: { code: late.json()["code"] } })).status, 401);
});

test("a session ends with the expiry of its token, and its streams do", async (t) => {
  const { api, browse, clock, signIn } = await setup(t);
  const expires_at = new Date(clock.nowMs + 60_000).toISOString();
  const { token } = await api.createToken({ name: "brief", scope: "read", expires_at }, { scope: "admin", name: "socket" });
  const cookie = await signIn({ token });
  assert.equal((await browse({ path: "/api/v1/server", headers: { cookie } })).status, 200);
  clock.nowMs += 60_000;
  assert.equal((await browse({ path: "/api/v1/server", headers: { cookie } })).status, 401);
});

test("a task's token and a link's page sign no browser in", async (t) => {
  const { api, browse } = await setup(t);
  api.callerOfToken = async () => ({ scope: "submit", name: "task:7", taskId: 7 });
  assert.equal((await browse({ path: sessions, body: { token: "cwt_x" } })).status, 403);
});

test("a session ends after 30 days without use, and its use is renewed", async (t) => {
  const { browse, clock, code, signIn } = await setup(t);
  const cookie = await signIn({ code: await code() });
  const look = (): Promise<DoorAnswer> => browse({ path: "/api/v1/server", headers: { cookie } });
  assert.equal((await look()).headers["set-cookie"], undefined);
  clock.nowMs += 29 * dayMs;
  assert.equal(cookieOf(await look()), cookie);
  await eventually(async () => (await browse({ path: sessions, headers: { cookie } })).text.includes(new Date(clock.nowMs).toISOString()));
  clock.nowMs += 30 * dayMs - 1;
  assert.equal((await look()).status, 200);
  await eventually(async () => (await browse({ path: sessions, headers: { cookie } })).text.includes(new Date(clock.nowMs).toISOString()));
  clock.nowMs += 30 * dayMs;
  assert.equal((await look()).status, 401);
});

test("sessions are listed and ended, one or all others", async (t) => {
  const { api, browse, call, code, ownPage, signIn, stream } = await setup(t);
  const { token } = await api.createToken({ name: "ci", scope: "read" }, { scope: "admin", name: "socket" });
  const [mine, other, theirs] = [await signIn({ code: await code() }), await signIn({ code: await code() }), await signIn({ token })];
  const list = async (cookie: string) => {
    const { sessions: all } = (await browse({ path: sessions, headers: { cookie } })).json() as {
      sessions: { id: number; current: boolean; token: string | null }[];
    };
    return all.map(({ id, current, token: name }) => [id, current, name]);
  };
  assert.deepEqual(await list(mine), [
    [1, true, null],
    [2, false, null],
    [3, false, "ci"],
  ]);
  assert.deepEqual(await list(theirs), [[3, true, "ci"]]);
  const remove = (cookie: string, id: number | "") =>
    browse({ method: "DELETE", path: `${sessions}${id === "" ? "" : `/${id}`}`, headers: { ...ownPage, cookie } });
  assert.equal((await remove(theirs, 1)).status, 404);
  const open = async (cookie: string) =>
    new SseReader(await stream({ path: "/api/v1/events", tcp: true, token: null, headers: { cookie, accept: "text/event-stream" } }));
  const [ofOther, ofMine] = [await open(other), await open(mine)];
  assert.equal((await remove(mine, 2)).status, 204);
  await ofOther.ended;
  assert.equal((await browse({ path: "/api/v1/server", headers: { cookie: other } })).status, 401);
  assert.deepEqual((await remove(mine, "")).json(), { ended: [3] });
  assert.equal((await browse({ path: "/api/v1/server", headers: { cookie: theirs } })).status, 401);
  const out = await remove(mine, 1);
  assert.deepEqual([out.status, /=; Path=\/; Max-Age=0;/.test(out.headers["set-cookie"]?.[0] ?? "")], [204, true]);
  await ofMine.ended;
  assert.deepEqual((await call({ path: sessions })).json(), { sessions: [] });
});

test("with a cookie a change needs the header and an origin of its own", async (t) => {
  const { browse, code, ownPage, port, signIn } = await setup(t);
  const cookie = await signIn({ code: await code() });
  const hold = (headers: Record<string, string>): Promise<DoorAnswer> =>
    browse({ path: "/api/v1/holds", body: { reason: "x" }, headers: { cookie, ...headers } });
  assert.equal((await hold(ownPage)).status, 200);
  const { origin = "" } = ownPage;
  const refused: Record<string, string>[] = [
    {},
    { origin },
    { "x-claude-worker": "1" },
    { ...ownPage, "x-claude-worker": "0" },
    { ...ownPage, origin: "null" },
    { ...ownPage, origin: `http://localhost:${port}` },
    { ...ownPage, origin: `http://127.0.0.1:${port + 1}` },
    { ...ownPage, origin: `https://127.0.0.1:${port}` },
    { ...ownPage, origin: "http://evil.example" },
    { ...ownPage, "sec-fetch-site": "same-site" },
    { ...ownPage, "sec-fetch-site": "cross-site" },
  ];
  for (const headers of refused) assert.equal((await hold(headers)).status, 403, JSON.stringify(headers));
  for (const method of ["PUT", "PATCH", "DELETE"])
    assert.equal(
      (await browse({ method, path: method === "PUT" ? "/api/v1/budgets/all/day" : "/api/v1/holds", headers: { cookie } })).status >= 403,
      true,
      method,
    );
  const read = (headers: Record<string, string>): Promise<DoorAnswer> =>
    browse({ path: "/api/v1/server", headers: { cookie, ...headers } });
  assert.equal((await read({ "sec-fetch-site": "same-origin" })).status, 200);
  // A page of another port of the same host name is the same site: the browser sends the cookie.
  assert.equal((await read({ "sec-fetch-site": "same-site" })).status, 403);
});

test("a rebound name gets nothing with a cookie", async (t) => {
  const { code, port, raw, signIn } = await setup(t);
  const cookie = await signIn({ code: await code() });
  const ask = async (host: string): Promise<string> =>
    await raw(`GET /api/v1/server HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`);
  assert.match(await ask(`127.0.0.1:${port}`), /^HTTP\/1\.1 200 /);
  assert.match(await ask(`evil.example:${port}`), /^HTTP\/1\.1 403 /);
  assert.match(
    await raw(
      `GET /api/v1/server HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nHost: evil.example\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`,
    ),
    /^HTTP\/1\.1 403 /,
  );
});

test("beside an Authorization header the cookie does not count", async (t) => {
  const { api, browse, call, code, signIn } = await setup(t);
  const cookie = await signIn({ code: await code() });
  const { token } = await api.createToken({ name: "ci", scope: "read" }, { scope: "admin", name: "socket" });
  assert.equal((await call({ path: "/api/v1/tokens", tcp: true, token, headers: { cookie } })).status, 403);
  assert.equal((await browse({ path: "/api/v1/server", headers: { cookie, authorization: "Bearer wrong" } })).status, 401);
});

test("the cookie opens neither the unix socket nor MCP", async (t) => {
  const mcp = { request: async () => {}, connection: () => {}, start: () => {}, stop: async () => {} };
  const { api, browse, call, code, ownPage, signIn } = await setup(t, { mcp });
  const { token } = await api.createToken({ name: "ci", scope: "read" }, { scope: "admin", name: "socket" });
  const cookie = await signIn({ code: await code() });
  const own = await signIn({ token });
  assert.equal((await browse({ path: "/mcp", body: {}, headers: { ...ownPage, cookie } })).status, 401);
  // On the socket the caller is the owner, whatever the cookie says.
  assert.equal((await call({ path: "/api/v1/tokens", headers: { cookie: own } })).status, 200);
});

test("two servers on one host name have cookies of different names", async (t) => {
  const [one, two] = [await setup(t), await setup(t, { token: "another-token-0123456789-0123456789-01234567" })];
  const first = await one.signIn({ code: await one.code() });
  const second = await two.signIn({ code: await two.code() });
  assert.notEqual(first.split("=")[0], second.split("=")[0]);
  // The browser sends both to both.
  for (const { browse } of [one, two])
    assert.equal((await browse({ path: "/api/v1/server", headers: { cookie: `${first}; ${second}` } })).status, 200);
  assert.equal((await one.browse({ path: "/api/v1/server", headers: { cookie: second } })).status, 401);
});

test("a cookie of the same name that another program set does not keep the session out", async (t) => {
  const { browse, code, signIn } = await setup(t);
  const cookie = await signIn({ code: await code() });
  const [name = ""] = cookie.split("=");
  assert.equal((await browse({ path: "/api/v1/server", headers: { cookie: `${name}=${"x".repeat(43)}; ${cookie}` } })).status, 200);
});

test("behind the public address the cookie is for TLS and that host only", async (t) => {
  const publicUrl = "https://worker.example.com";
  const { browse, code } = await setup(t, { publicUrl, allowedHosts: ["worker.example.com"] });
  const headers = { host: "worker.example.com", origin: publicUrl, "x-claude-worker": "1" };
  const answer = await browse({ path: sessions, body: { code: await code() }, headers });
  assert.equal(answer.status, 201, answer.text);
  assert.match(answer.headers["set-cookie"]?.[0] ?? "", /^__Host-cw-session-.*; Secure$/);
  const cookie = cookieOf(answer);
  assert.equal((await browse({ path: "/api/v1/holds", body: { reason: "x" }, headers: { ...headers, cookie } })).status, 200);
  assert.equal(
    (await browse({ path: "/api/v1/holds", body: { reason: "x" }, headers: { ...headers, origin: "http://worker.example.com", cookie } }))
      .status,
    403,
  );
  assert.equal((await browse({ path: "/api/v1/server", headers: { cookie } })).status, 401);
  assert.equal(
    (await browse({ path: "/api/v1/server", headers: { host: headers.host, cookie: cookie.replace("__Host-", "") } })).status,
    401,
  );
});

test("the public name alone opens no session", async (t) => {
  const { browse, code } = await setup(t, { publicUrl: "https://worker.example.com" });
  const headers = { host: "worker.example.com", origin: "https://worker.example.com" };
  assert.equal((await browse({ path: sessions, body: { code: await code() }, headers })).status, 403);
});

test("the database shows no secret of a session", async (t) => {
  const { code, paths, signIn, store } = await setup(t);
  const secret = (await signIn({ code: await code() })).split("=")[1] ?? "";
  await store.write(() => {});
  for (const file of [paths.database, `${paths.database}-wal`]) assert.ok(!readFileSync(file).includes(secret), file);
});
