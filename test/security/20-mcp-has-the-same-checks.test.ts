/**
 * Item 20: MCP over HTTP and over an upgraded connection stands behind the checks that every
 * request passes.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { McpDoor } from "../../src/http/mcp-door.ts";
import { openDoor } from "../../testing/http-door.ts";
import type { OpenDoor } from "../../testing/http-door.ts";

async function setup(t: TestContext): Promise<OpenDoor & { reached: string[] }> {
  const reached: string[] = [];
  const mcp: McpDoor = {
    async request(_request, response, { caller }) {
      reached.push(caller.name);
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    },
    connection(socket, { caller }) {
      reached.push(caller.name);
      socket.end("hello");
    },
    start: () => {},
    stop: async () => {},
  };
  return { ...(await openDoor(t, { mcp })), reached };
}

const body = { jsonrpc: "2.0", id: 1, method: "tools/list" };

test("an MCP request needs token, Host, Origin and JSON like any other", async (t) => {
  const { call, raw, port, token, reached } = await setup(t);
  const post = { path: "/mcp", body, tcp: true };
  assert.equal((await call({ ...post, token: null })).status, 401);
  assert.equal((await call({ ...post, headers: { origin: "http://evil.test" } })).status, 403);
  assert.equal((await call({ ...post, headers: { origin: "null" } })).status, 403);
  assert.equal((await call({ path: "/mcp", body, headers: { origin: "http://localhost" } })).status, 403);
  assert.equal((await call({ ...post, headers: { "content-type": "text/plain" } })).status, 415);
  assert.equal((await call({ path: "/mcp", tcp: true })).status, 405);
  assert.equal((await call({ ...post, body: "x".repeat(2_000_000) })).status, 413);
  const rebound = `POST /mcp HTTP/1.1\r\nHost: evil.test:${port}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`;
  assert.match(await raw(rebound), /^HTTP\/1\.1 403 /);
  assert.deepEqual(reached, []);
  assert.equal((await call(post)).status, 200);
  assert.deepEqual(reached, ["token:local"]);
});

test("an MCP upgrade needs token, Host and Origin too", async (t) => {
  const { raw, port, token, reached } = await setup(t);
  const upgrade = (...headers: string[]): Promise<string> =>
    raw(["GET /mcp HTTP/1.1", "Connection: Upgrade", "Upgrade: claude-worker-mcp", ...headers, "", ""].join("\r\n"));
  const [host, bearer] = [`Host: 127.0.0.1:${port}`, `Authorization: Bearer ${token}`];
  assert.match(await upgrade(host), /^HTTP\/1\.1 401 /);
  assert.match(await upgrade(host, "Authorization: Bearer wrong"), /^HTTP\/1\.1 401 /);
  assert.match(await upgrade("Host: evil.test", bearer), /^HTTP\/1\.1 403 /);
  assert.match(await upgrade(host, host, bearer), /^HTTP\/1\.1 40[03] /);
  assert.match(await upgrade(host, bearer, "Origin: http://evil.test"), /^HTTP\/1\.1 403 /);
  assert.deepEqual(reached, []);
  assert.match(await upgrade(host, bearer), /^HTTP\/1\.1 101 [^]*hello$/);
});
