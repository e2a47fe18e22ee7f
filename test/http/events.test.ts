/**
 * Event pages and event streams: replay, live, end, slow readers, shared work, and nothing left
 * behind.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { openDoor } from "../../testing/http-door.ts";
import type { OpenDoor } from "../../testing/http-door.ts";
import type { DoorApi } from "../../testing/door-api.ts";
import { SseReader } from "../../testing/sse-reader.ts";
import { eventually } from "../../testing/eventually.ts";

const accept = { accept: "text/event-stream" };

async function setup(t: TestContext, options: Parameters<typeof openDoor>[1] = {}): Promise<OpenDoor & { api: DoorApi; id: number }> {
  const open = await openDoor(t, options);
  const answer = await open.call({ path: "/api/v1/tasks", body: { prompt: "p", working_directory: "/tmp" } });
  return { ...open, id: Number(answer.json()["id"]) };
}

async function watch(t: TestContext, open: OpenDoor, path: string, headers: Record<string, string> = {}): Promise<SseReader> {
  const reader = new SseReader(await open.stream({ path, headers: { ...accept, ...headers } }));
  t.after(() => reader.close());
  return reader;
}

test("stored events come in pages, or from the newest back", async (t) => {
  const open = await setup(t);
  for (let step = 0; step < 5; step++) await open.api.tell(open.id, "text", { step });
  const page = (await open.call({ path: `/api/v1/tasks/${open.id}/events?after=2&limit=2` })).json();
  assert.deepEqual(
    (page["events"] as { seq: number }[]).map((event) => event.seq),
    [3, 4],
  );
  assert.equal(page["next_after"], 4);
  const tail = (await open.call({ path: `/api/v1/tasks/${open.id}/events?tail=2` })).json();
  assert.deepEqual(
    (tail["events"] as { seq: number }[]).map((event) => event.seq),
    [5, 6],
  );
  const all = (await open.call({ path: "/api/v1/events?tail=3" })).json();
  assert.deepEqual(
    (all["events"] as { id: number }[]).map((event) => event.id),
    [4, 5, 6],
  );
});

test("an event stream sends stored events, new events, then the ended task", async (t) => {
  const open = await setup(t);
  await open.api.tell(open.id, "text", { text: "stored" });
  const reader = await watch(t, open, `/api/v1/tasks/${open.id}/events`);
  await reader.count(2);
  await open.api.tell(open.id, "text", { text: "live" });
  await reader.count(3);
  await open.api.finish(open.id);
  await reader.ended;
  assert.deepEqual(reader.ids(), [1, 2, 3, 4]);
  const end = reader.messages.at(-1);
  assert.equal(end?.event, "end");
  assert.equal((JSON.parse(end?.data ?? "") as { status: string }).status, "completed");
});

test("an event stream continues after Last-Event-ID, which overrides `after`", async (t) => {
  const open = await setup(t);
  for (let step = 0; step < 4; step++) await open.api.tell(open.id, "text");
  await open.api.finish(open.id);
  const path = `/api/v1/tasks/${open.id}/events?after=1`;
  const reader = await watch(t, open, path, { "last-event-id": "4" });
  await reader.ended;
  assert.deepEqual(reader.ids(), [5, 6]);
  const nothingNew = await watch(t, open, path, { "last-event-id": "6" });
  await nothingNew.ended;
  assert.deepEqual(
    nothingNew.messages.map((message) => message.event),
    ["end"],
  );
  assert.equal((await open.call({ path, headers: { ...accept, "last-event-id": "x" } })).status, 400);
});

test("the stream of all tasks with tail=0 sends only new events", async (t) => {
  const open = await setup(t);
  const everything = await watch(t, open, "/api/v1/events");
  const fresh = await watch(t, open, "/api/v1/events?tail=0");
  const second = await open.call({ path: "/api/v1/tasks", body: { prompt: "q", working_directory: "/tmp" } });
  await open.api.finish(Number(second.json()["id"]));
  await everything.count(3);
  await fresh.count(2);
  assert.deepEqual(
    [everything.ids(), fresh.ids()],
    [
      [1, 2, 3],
      [2, 3],
    ],
  );
});

test("a task's stream with tail begins so many events before its newest one", async (t) => {
  const open = await setup(t);
  for (let step = 0; step < 4; step++) await open.api.tell(open.id, "text");
  const path = `/api/v1/tasks/${open.id}/events`;
  const [last, fresh, more] = [
    await watch(t, open, `${path}?tail=2`),
    await watch(t, open, `${path}?tail=0`),
    await watch(t, open, `${path}?tail=50`),
  ];
  await last.count(2);
  await open.api.finish(open.id);
  await Promise.all([last.ended, fresh.ended, more.ended]);
  assert.deepEqual([last.ids(), fresh.ids(), more.ids()], [[4, 5, 6], [6], [1, 2, 3, 4, 5, 6]]);
});

test("a retried task's event stream continues", async (t) => {
  const open = await setup(t);
  const reader = await watch(t, open, `/api/v1/tasks/${open.id}/events`);
  await reader.count(1);
  // In one commit: a stream that sees the end before the retry ends.
  await Promise.all([open.api.finish(open.id), open.api.retryTask({ id: open.id }, { scope: "admin", name: "test" })]);
  await open.api.tell(open.id, "text");
  await reader.count(4);
  assert.ok(reader.messages.every((message) => message.event === null));
});

test("a task that is removed ends its streams", async (t) => {
  const open = await setup(t);
  const reader = await watch(t, open, `/api/v1/tasks/${open.id}/events?after=1`);
  await open.api.finish(open.id);
  await open.api.removeTask({ id: open.id }, { scope: "admin", name: "test" });
  await reader.ended;
  assert.equal((await open.call({ path: `/api/v1/tasks/${open.id}/events`, headers: accept })).status, 404);
});

test("fifty watchers of one task cost one read of each event, not fifty", async (t) => {
  const open = await setup(t);
  const readers = await Promise.all(Array.from({ length: 50 }, () => watch(t, open, `/api/v1/tasks/${open.id}/events`)));
  await Promise.all(readers.map((reader) => reader.count(1)));
  assert.equal(open.api.subscriptions, 1);
  const before = open.api.reads;
  for (let step = 0; step < 20; step++) await open.api.tell(open.id, "text", { step });
  await Promise.all(readers.map((reader) => reader.count(21)));
  assert.ok(open.api.reads - before <= 40, `${open.api.reads - before} reads`);
  for (const reader of readers) reader.close();
  await eventually(() => open.api.subscriptions === 0);
});

test("a quiet event stream is kept alive by comments", async (t) => {
  const open = await setup(t, { heartbeatMs: 20 });
  const reader = await watch(t, open, `/api/v1/tasks/${open.id}/events`);
  await reader.until(() => reader.comments.length >= 2);
  assert.equal(reader.comments[0], ": heartbeat");
});

test("stopping the HTTP door ends event streams at once, and can be repeated", async (t) => {
  const open = await setup(t);
  const reader = await watch(t, open, "/api/v1/events");
  await reader.count(1);
  await Promise.all([open.door.stop(), open.door.stop()]);
  await reader.ended;
  assert.equal(open.api.subscriptions, 0);
});

test("a store that cannot be read closes the event stream and is logged", async (t) => {
  const open = await setup(t);
  const reader = await watch(t, open, `/api/v1/tasks/${open.id}/events`);
  await reader.count(1);
  open.api.taskEvents = () => {
    throw new Error("disk on fire");
  };
  await open.api.tell(open.id, "text");
  await reader.ended;
  assert.equal(open.logged.length, 1);
});
