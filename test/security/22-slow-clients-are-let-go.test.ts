/**
 * Item 22: headers within 5 s, the whole request within 30 s (shorter here), an idle connection
 * closed; streams live on.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { test } from "node:test";
import { defaultTimeouts } from "../../src/http/listener/connection-timeouts.ts";
import { openDoor } from "../../testing/http-door.ts";
import { SseReader } from "../../testing/sse-reader.ts";

const short = { timeouts: { headersMs: 150, requestMs: 300, idleMs: 150 } };

test("the time limits of a request are 5 s and 30 s", () => {
  assert.deepEqual([defaultTimeouts.headersMs, defaultTimeouts.requestMs], [5000, 30_000]);
});

test("a client that drips its headers is answered 408 and disconnected", async (t) => {
  const { port } = await openDoor(t, short);
  const socket = connect({ port, host: "127.0.0.1" });
  let answer = "";
  socket
    .setEncoding("latin1")
    .on("data", (part: string) => (answer += part))
    .on("error", () => {});
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write("GET /health HTTP/1.1\r\n");
  // The client itself is slow.
  const drip = setInterval(() => socket.write("X: y\r\n"), 20);
  await closed;
  clearInterval(drip);
  assert.match(answer, /^HTTP\/1\.1 408 /);
});

test("a client that drips its body is disconnected", async (t) => {
  const { raw, port, token } = await openDoor(t, short);
  const answer = await raw(
    `POST /api/v1/trust HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
  );
  assert.match(answer, /^HTTP\/1\.1 408 /);
});

test("a connection that says nothing, or stays idle after an answer, is closed", async (t) => {
  const { raw, port } = await openDoor(t, short);
  assert.equal(await raw(""), "");
  const kept = await raw(`GET /health HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  assert.match(kept, /^HTTP\/1\.1 200 /);
});

test("a request that arrived while the server was busy is answered", async (t) => {
  const { raw, port } = await openDoor(t, { timeouts: { headersMs: 3000, requestMs: 3000, idleMs: 3000 } });
  const kept = await openConnection(port);
  const fresh = await openConnection(port);
  const late = await openConnection(port);
  // The idle limit of this connection runs from its first answer.
  kept.socket.write(health(port));
  await kept.answers(1);
  late.socket.write(`POST /api/v1/trust HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 2\r\n\r\n`);
  await raw(`${health(port).trimEnd()}\r\nConnection: close\r\n\r\n`);
  kept.socket.write(health(port));
  fresh.socket.write(health(port));
  late.socket.write("{}");
  // Longer than every limit, and the requests lie in the sockets meanwhile.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3100);
  await Promise.all([kept.answers(2), fresh.answers(1), late.answers(1)]);
  assert.doesNotMatch(kept.text() + fresh.text() + late.text(), / 408 /);
});

test("an event stream outlives every time limit of requests", async (t) => {
  const open = await openDoor(t, short);
  const reader = new SseReader(await open.stream({ path: "/api/v1/events", headers: { accept: "text/event-stream" } }));
  t.after(() => reader.close());
  // Twice the longest limit. No condition can be waited for: the stream must only still be open.
  await delay(600);
  await open.call({ path: "/api/v1/tasks", body: { prompt: "p", working_directory: "/tmp" } });
  await reader.count(1);
});

function health(port: number): string {
  return `GET /health HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
}

interface Connection {
  readonly socket: Socket;
  text(): string;
  /** Waits until so many answers have begun. Rejects when the server closes before that. */
  answers(count: number): Promise<void>;
}

async function openConnection(port: number): Promise<Connection> {
  const socket = connect({ port, host: "127.0.0.1" }).setEncoding("latin1");
  let text = "";
  socket.on("data", (part: string) => (text += part));
  socket.on("error", () => {});
  await once(socket, "connect");
  const answers = async (count: number): Promise<void> => {
    while (text.split("HTTP/1.1 ").length <= count) {
      if (socket.closed) throw new Error(`closed after: ${text}`);
      await Promise.race([once(socket, "data"), once(socket, "close")]);
    }
  };
  return { socket, text: () => text, answers };
}
