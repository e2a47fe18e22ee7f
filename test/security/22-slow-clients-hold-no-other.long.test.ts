/**
 * Item 22: no client holds connections, memory or time of the server by being slow, half open,
 * silent or deep.
 */
import assert from "node:assert/strict";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { loadSettings } from "../../src/config/load-settings.ts";
import { JsonTooDeep, parseJson } from "../../src/domain/text/parse-json.ts";
import { MemoryBudget } from "../../src/http/listener/memory-budget.ts";
import { LineTransport } from "../../src/mcp/line-transport.ts";
import { eventually } from "../../testing/eventually.ts";
import { openDoor } from "../../testing/http-door.ts";
import type { OpenDoor } from "../../testing/http-door.ts";
import { scratch } from "../../testing/scratch.ts";
import { SseReader } from "../../testing/sse-reader.ts";

const megabyte = 1024 * 1024;

interface Client {
  readonly socket: Socket;
  /** Whether the server has closed its side for good: what is written is answered with an error. */
  isLetGo(): boolean;
}

/** A client that never closes its own side by itself. */
function client(t: TestContext, open: OpenDoor, where: "tcp" | "socket", text: string, { reads }: { reads: boolean }): Client {
  const place = where === "tcp" ? { port: open.port, host: "127.0.0.1" } : { path: open.socket };
  const socket = connect({ ...place, allowHalfOpen: true });
  let gone = false;
  socket.on("error", () => (gone = true)).on("close", () => (gone = true));
  socket.write(text.replace("{host}", `127.0.0.1:${open.port}`));
  if (reads) socket.resume();
  else socket.pause();
  t.after(() => socket.destroy());
  return {
    socket,
    isLetGo: () => {
      if (!gone && socket.writable) socket.write("x");
      return gone;
    },
  };
}

const upgrade =
  "GET /mcp HTTP/1.1\r\nHost: {host}\r\nUpgrade: claude-worker-mcp\r\nConnection: Upgrade\r\nOrigin: http://evil.test\r\n\r\n";

test("refused and broken requests end although the client keeps its half open", async (t) => {
  const open = await openDoor(t, { mcp: { request: async () => {}, connection: () => {}, start: () => {}, stop: async () => {} } });
  for (const where of ["tcp", "socket"] as const) {
    const clients = [upgrade, "\x16\x03\x01 no HTTP\r\n\r\n", "GET /nowhere HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"].map(
      (text) => client(t, open, where, text, { reads: true }),
    );
    await eventually(() => clients.every((each) => each.isLetGo()));
  }
});

test("a client that does not read its answer is disconnected", async (t) => {
  const open = await openDoor(t, { timeouts: { stalledMs: 200 } });
  await open.call({ path: "/api/v1/tasks", body: { prompt: "p".repeat(10 * megabyte), working_directory: "/tmp" } });
  const task = `GET /api/v1/tasks/1 HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer ${open.token}\r\n\r\n`;
  const page = `GET /docs HTTP/1.1\r\nHost: 127.0.0.1:${open.port}\r\n\r\n`.repeat(90);
  for (const where of ["tcp", "socket"] as const) {
    const clients = [task, page].map((text) => client(t, open, where, text, { reads: false }));
    await eventually(() => clients.every((each) => each.isLetGo()));
  }
});

test("a slow reader that makes progress gets its whole answer", async (t) => {
  const open = await openDoor(t, { timeouts: { stalledMs: 1000 } });
  const size = 6 * megabyte;
  await open.call({ path: "/api/v1/tasks", body: { prompt: "p".repeat(size), working_directory: "/tmp" } });
  const socket = connect(open.socket);
  t.after(() => socket.destroy());
  socket.write("GET /api/v1/tasks/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  let got = 0;
  for await (const chunk of socket) {
    got += (chunk as Buffer).length;
    await delay(30); // Some 3 s for all of it, three times the limit.
  }
  assert.ok(got > size, `${got} bytes`);
});

test("too many pipelined requests end the connection", async (t) => {
  const open = await openDoor(t);
  await open.call({ path: "/api/v1/tasks", body: { prompt: "p".repeat(megabyte), working_directory: "/tmp" } });
  let asked = 0;
  const { getTask } = open.api;
  open.api.getTask = (id) => {
    asked += 1;
    return getTask(id);
  };
  const request = "GET /api/v1/tasks/1 HTTP/1.1\r\nHost: x\r\n\r\n";
  const silent = client(t, open, "socket", request.repeat(10), { reads: false });
  await eventually(() => asked > 0);
  for (let turn = 0; turn < 20; turn++) await open.call({ path: "/health" });
  assert.equal(asked, 1, "one answer is held for a client that does not read");
  silent.socket.resume();
  await eventually(() => asked === 10);
  const flood = client(t, open, "socket", "GET /health HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2000), { reads: false });
  await eventually(() => flood.isLetGo());
});

test("connections without a token cannot keep out one with a token", async (t) => {
  const open = await openDoor(t);
  const proven = new SseReader(await open.stream({ path: "/api/v1/events", tcp: true, headers: { accept: "text/event-stream" } }));
  t.after(() => proven.close());
  const silent = Array.from({ length: 300 }, () => client(t, open, "tcp", "", { reads: true }));
  await eventually(() => silent.filter(({ socket }) => socket.destroyed || socket.readableEnded).length >= 44);
  assert.equal((await open.call({ path: "/api/v1/tasks", tcp: true })).status, 200);
  assert.ok(silent.filter(({ socket }) => !socket.readableEnded).length >= 200, "the younger ones are still there");
  await open.call({ path: "/api/v1/tasks", body: { prompt: "p", working_directory: "/tmp" } });
  await proven.count(1);
});

test("the memory of all connections together is bounded and given back", () => {
  const budget = new MemoryBudget(100, "answers");
  const first = budget.take(500); // One alone may be larger than all.
  assert.throws(() => budget.take(1), { code: "unavailable" });
  first();
  first();
  const releases = [budget.take(60), budget.take(40)];
  assert.throws(() => budget.take(1), /Too many large answers/);
  releases.forEach((release) => release());
  budget.take(100);
});

test("large answers over the bound of all answers are refused with 503", async (t) => {
  const open = await openDoor(t);
  await open.call({ path: "/api/v1/tasks", body: { prompt: "p".repeat(10 * megabyte), working_directory: "/tmp" } });
  const request = "GET /api/v1/tasks/1 HTTP/1.1\r\nHost: x\r\n\r\n";
  for (let index = 0; index < 6; index++) client(t, open, "socket", request, { reads: false });
  await eventually(async () => (await open.call({ path: "/api/v1/tasks/1" })).status === 503);
  const refused = await open.call({ path: "/api/v1/tasks/1" });
  assert.deepEqual([refused.json()["code"], refused.headers["retry-after"]], ["unavailable", "2"]);
  assert.equal((await open.call({ path: "/health" })).status, 200);
});

test("JSON of any depth costs no stack and no time at any door", async (t) => {
  for (const deep of ["[".repeat(megabyte - 1), `${"[".repeat(500_000)}${"]".repeat(500_000)}`, '{"a":'.repeat(200_000)]) {
    assert.throws(() => parseJson(deep), JsonTooDeep);
    const open = await openDoor(t);
    const answer = await open.call({ path: "/api/v1/trust", body: deep });
    assert.deepEqual([answer.status, /nested more than 32 levels deep/.test(answer.text)], [400, true], answer.text);
    const place = scratch(t);
    const file = place.file("config.json", deep);
    assert.throws(() => loadSettings({ file, env: {} }), /nested more than 64 levels deep/);
    assert.match(await lineAnswer(deep), /nested more than 64 levels deep/);
  }
  const strings = { a: '[[[[{{{{"\\"[[', b: "\\", c: ["[".repeat(1000)] };
  assert.deepEqual(parseJson(JSON.stringify(strings), 2), strings, "brackets in texts do not count");
  assert.deepEqual(parseJson("[[1],[2],[[3]]]", 3), [[1], [2], [[3]]]);
  assert.throws(() => parseJson("[[[]]]", 2), JsonTooDeep);
});

/** What the stdio framing answers to a line. */
async function lineAnswer(line: string): Promise<string> {
  const { socket, answers } = duplex();
  const transport = new LineTransport(socket, { maxMessageBytes: 2 * megabyte });
  await transport.start();
  socket.emit("data", Buffer.from(`${line}\n`));
  return answers();
}

function duplex() {
  const socket = new PassThrough();
  const written: string[] = [];
  socket.write = ((text: string) => {
    written.push(text);
    return true;
  }) as never;
  return { socket, answers: () => written.join("") };
}

test("an MCP connection may have 256 calls open", async () => {
  const { socket, answers } = duplex();
  const transport = new LineTransport(socket, { maxMessageBytes: megabyte });
  let delivered = 0;
  Object.assign(transport, { onmessage: () => (delivered += 1) });
  await transport.start();
  const call = (id: number): void => void socket.emit("data", Buffer.from(`${JSON.stringify({ jsonrpc: "2.0", id, method: "ping" })}\n`));
  for (let id = 0; id < 256; id++) call(id);
  call(256);
  assert.equal(delivered, 256);
  assert.match(answers(), /"id":256,"error":.*More than 256 calls/);
  await transport.send({ jsonrpc: "2.0", id: 0, result: {} });
  const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };
  socket.emit("data", Buffer.from(`${JSON.stringify(cancel)}\n`));
  call(257);
  call(258);
  assert.equal(delivered, 256 + 1 + 2);
});

test("an MCP connection that does not read is closed", async () => {
  const socket = new PassThrough({ highWaterMark: 1 });
  const transport = new LineTransport(socket, { maxMessageBytes: megabyte, lookMs: 5 });
  await transport.start();
  socket.removeAllListeners("data").pause();
  await transport.send({ jsonrpc: "2.0", id: 1, result: { text: "x".repeat(3 * megabyte) } });
  await eventually(() => socket.destroyed);
});
