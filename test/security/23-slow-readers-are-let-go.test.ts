/**
 * Item 23: an event stream's reader that stands still costs the server nothing, is let go in the
 * end, and reads on where it stood.
 */
import assert from "node:assert/strict";
import { ServerResponse } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { DoorApi } from "../../testing/door-api.ts";
import { openDoor } from "../../testing/http-door.ts";
import type { OpenDoor } from "../../testing/http-door.ts";
import { SseReader } from "../../testing/sse-reader.ts";
import { eventually } from "../../testing/eventually.ts";

const accept = { accept: "text/event-stream" };

async function setup(t: TestContext, options: Parameters<typeof openDoor>[1] = {}): Promise<OpenDoor & { api: DoorApi; id: number }> {
  const open = await openDoor(t, options);
  const answer = await open.call({ path: "/api/v1/tasks", body: { prompt: "p", working_directory: "/tmp" } });
  return { ...open, id: Number(answer.json()["id"]) };
}

async function watch(t: TestContext, open: OpenDoor, path: string): Promise<SseReader> {
  const reader = new SseReader(await open.stream({ path, headers: accept }));
  t.after(() => reader.close());
  return reader;
}

/** The most that any answer has held back at once, in this process. */
function watchBuffers(t: TestContext): { mostBytes: number } {
  const seen = { mostBytes: 0 };
  const write = ServerResponse.prototype.write;
  t.mock.method(ServerResponse.prototype, "write", function (this: ServerResponse, ...parts: Parameters<typeof write>) {
    const hasRoom = write.apply(this, parts);
    seen.mostBytes = Math.max(seen.mostBytes, this.writableLength);
    return hasRoom;
  });
  return seen;
}

test("an event reader that stands still costs no memory and continues later", async (t) => {
  const open = await setup(t);
  const buffered = watchBuffers(t);
  const stalled = await open.stream({ path: `/api/v1/tasks/${open.id}/events`, headers: accept });
  const lively = await watch(t, open, `/api/v1/tasks/${open.id}/events`);
  const text = "x".repeat(10_000);
  for (let step = 0; step < 1000; step++) {
    await open.api.tell(open.id, "text", { text });
    if (step % 100 === 0) await lively.count(step);
  }
  await lively.count(1001);
  assert.ok(buffered.mostBytes < 500_000, `${buffered.mostBytes} bytes waited in the server`);
  const late = new SseReader(stalled);
  await late.count(1001);
  assert.deepEqual(
    late.ids(),
    Array.from({ length: 1001 }, (_, index) => index + 1),
  );
});

test("an event reader that stands still for too long is disconnected", async (t) => {
  const open = await setup(t, { timeouts: { stalledMs: 100 } });
  const socket = connect(open.socket);
  t.after(() => socket.destroy());
  socket.on("error", () => {}); // The server resets it: that is what is tested.
  socket.write(`GET /api/v1/tasks/${open.id}/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n`);
  socket.pause();
  await eventually(() => open.api.subscriptions === 1);
  for (let step = 0; step < 300; step++) await open.api.tell(open.id, "text", { text: "x".repeat(10_000) });
  await eventually(() => open.api.subscriptions === 0);
});
