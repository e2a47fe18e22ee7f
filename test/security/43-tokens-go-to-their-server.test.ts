/**
 * Item 43: the command line sends a token to the server that it belongs to, and to nothing else
 * that listens.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { withServer } from "../cli/setup.ts";

/** A program that listens where it likes and writes down what is sent to it. */
async function stranger(t: TestContext): Promise<{ port: number; asked: (string | undefined)[] }> {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers.authorization);
    response.writeHead(200, { "content-type": "application/json" }).end('{"tasks":[],"next_cursor":null}');
  });
  server.on("upgrade", (request, socket) => {
    asked.push(request.headers.authorization);
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => new Promise((resolve) => server.close(resolve)));
  return { port: (server.address() as AddressInfo).port, asked };
}

const localToken = "local-token-0123456789012345678901234567890";
const commands = [
  ["list"],
  ["show", "1"],
  ["cancel", "1"],
  ["logs", "1"],
  ["wait", "1"],
  ["run", "p"],
  ["token", "list"],
  ["server", "status"],
  ["usage"],
  ["mcp"],
] as const;

test("the URL of another server gets no token but CLAUDE_WORKER_TOKEN", async (t) => {
  const { call, place } = await withServer(t);
  place.file("data/token", localToken);
  const { port, asked } = await stranger(t);
  for (const host of ["127.0.0.1", "localhost"]) {
    for (const inside of [{}, { WORKER_TASK_TOKEN: "cwt_of-a-task" }] as const) {
      const env = { CLAUDE_WORKER_SERVER_URL: `http://${host}:${port}`, ...inside };
      for (const words of commands) {
        const { code, stderr } = await call(words, { env });
        assert.equal(code, 4, `${words.join(" ")}: ${stderr}`);
        assert.match(stderr, /No token for the server at http:.*CLAUDE_WORKER_TOKEN/s);
      }
    }
  }
  assert.deepEqual(asked, []);
  await call(["list"], {
    env: { CLAUDE_WORKER_SERVER_URL: `http://127.0.0.1:${port}`, CLAUDE_WORKER_TOKEN: "given", WORKER_TASK_TOKEN: "cwt" },
  });
  assert.deepEqual(asked, ["Bearer given"]);
});

test("doctor sends no token to a stranger either, and says what is missing", async (t) => {
  const { call, place } = await withServer(t);
  place.file("data/token", localToken);
  const { port, asked } = await stranger(t);
  const { stdout } = await call(["doctor"], { env: { CLAUDE_WORKER_SERVER_URL: `http://127.0.0.1:${port}` } });
  assert.match(stdout, /No token for the server at/);
  assert.deepEqual(asked, []);
});

test("the own server's URL means its socket, whatever listens on the port", async (t) => {
  const { call, place, door } = await withServer(t);
  place.file("data/token", localToken);
  const { port, asked } = await stranger(t);
  const info = path.join(place.dataHome, "server.json");
  writeFileSync(info, JSON.stringify({ pid: 1, url: `http://127.0.0.1:${port}`, socket: "x", version: "0" }));
  for (const host of ["127.0.0.1", "localhost", "[::1]"]) {
    const { code, stderr } = await call(["list"], { env: { CLAUDE_WORKER_SERVER_URL: `http://${host}:${port}` } });
    assert.equal(code, 0, stderr);
  }
  assert.deepEqual(asked, []);
  const other = { CLAUDE_WORKER_SERVER_URL: `http://127.0.0.1:${door.port}` };
  assert.equal((await call(["list"], { env: other })).code, 4, "the file names another port");
  writeFileSync(info, "broken");
  assert.equal((await call(["list"], { env: { CLAUDE_WORKER_SERVER_URL: `http://127.0.0.1:${port}` } })).code, 4);
});
