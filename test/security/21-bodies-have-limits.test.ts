/**
 * Item 21: 1 MB for every body but a submit's, whose prompt may have 10 MB; the refusal can be read
 * even by a client that is still sending.
 */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { openDoor } from "../../testing/http-door.ts";
import type { OpenDoor } from "../../testing/http-door.ts";

const megabyte = 1024 * 1024;
const submit = (prompt: string) => ({ path: "/api/v1/tasks", body: { prompt, working_directory: "/tmp" } });

test("a prompt of exactly 10 MB is taken, also when JSON makes it longer", async (t) => {
  const { call, api } = await openDoor(t);
  const lines = `${"x".repeat(99)}\n`.repeat((10 * megabyte) / 100).padEnd(10 * megabyte, "x");
  const answer = await call(submit(lines));
  assert.equal(answer.status, 201, answer.text.slice(0, 300));
  assert.equal((await api.getTask({ id: 1 })).prompt.length, 10 * megabyte);
});

test("a prompt over 10 MB and a longer body are answered 413", async (t) => {
  const { call, api } = await openDoor(t);
  for (const bytes of [10 * megabyte + 1, 11 * megabyte, 30 * megabyte]) {
    const answer = await call(submit("x".repeat(bytes)));
    assert.deepEqual([answer.status, answer.json()["code"]], [413, "payload_too_large"], String(bytes));
  }
  assert.deepEqual(api.calls, []);
});

test("bodies without a prompt may have 1 MB", async (t) => {
  const { call } = await openDoor(t);
  const answer = await call({ path: "/api/v1/trust", body: { directory: "x".repeat(megabyte) } });
  assert.equal(answer.status, 413);
});

test("a body without a length is cut off at the limit, and the refusal arrives", async (t) => {
  const open = await openDoor(t);
  const answer = await sendChunks(open, 200);
  assert.match(answer, /^HTTP\/1\.1 413 /);
  assert.match(answer, /payload_too_large/);
});

test("a too long body is refused by its announced length before it is sent", async (t) => {
  const { raw, port, token } = await openDoor(t);
  const head = `POST /api/v1/trust HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\n\r\n`;
  assert.match(await raw(head), /^HTTP\/1\.1 413 /);
});

/** Sends chunks of 64 KB, `count` of them, whatever comes back meanwhile. */
function sendChunks({ port, token }: OpenDoor, count: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" });
    let answer = "";
    socket.setEncoding("latin1").on("data", (part: string) => (answer += part));
    socket.on("error", reject).on("close", () => resolve(answer));
    socket.write(`POST /api/v1/trust HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\n`);
    socket.write("Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (let index = 0; index < count; index++) socket.write(`10000\r\n${"x".repeat(65536)}\r\n`);
    socket.write("0\r\n\r\n");
  });
}
