import assert from "node:assert/strict";
import { test } from "node:test";
import type { NewEvent } from "../../src/domain/events/event.ts";
import { ServerUnreachable } from "../../src/client/index.ts";
import type { FeedStep } from "../../src/client/index.ts";
import { eventPageFrom } from "../../src/client/read-events.ts";
import { createHttp } from "../../src/http/server.ts";
import { eventually } from "../../testing/eventually.ts";
import { setup } from "./setup.ts";
import type { ClientSetup } from "./setup.ts";

test("the client's events are the stored ones, then new ones, until the task ends", async (t) => {
  const { client, api, submit } = await setup(t);
  await submit();
  await api.tell(1, "started");
  const seen: number[] = [];
  for await (const { seq } of client.events(1)) {
    seen.push(seq);
    if (seq === 2) await api.tell(1, "text", { text: "hello" });
    if (seq === 3) await api.finish(1);
  }
  assert.deepEqual(seen, [1, 2, 3, 4]);
});

test("the client gives an event of a later server whole", async (t) => {
  const { client, api, submit } = await setup(t);
  await submit();
  const mood = { type: "mood", at: Date.now(), data: { fine: true } } as unknown as NewEvent;
  await api.store.write(() => api.store.events.append(1, null, [mood]));
  await api.finish(1);
  const later = { type: "unknown", data: { type: "mood", data: { fine: true } } };
  const streamed = [];
  for await (const each of client.events(1)) streamed.push(each);
  assert.partialDeepStrictEqual(streamed[1], later);
  const { events } = eventPageFrom({ events: (await api.taskEvents({ id: 1 })).events, next_after: 3 });
  assert.partialDeepStrictEqual(events[1], later, "in a page too");
});

test("the client's events begin after a given number", async (t) => {
  const { client, api, submit } = await setup(t);
  await submit();
  for (let each = 0; each < 3; each++) await api.tell(1, "text");
  await api.finish(1);
  const seen: number[] = [];
  for await (const { seq } of client.events(1, { after: 3 })) seen.push(seq);
  assert.deepEqual(seen, [4, 5]);
});

test("the last step of the client's events is the ended task", async (t) => {
  const { client, api, submit } = await setup(t);
  await submit();
  await api.finish(1, "failed");
  const steps: FeedStep[] = [];
  for await (const step of client.follow(1)) steps.push(step);
  const last = steps.at(-1);
  assert.ok(last?.type === "end");
  assert.equal(last.task.status, "failed");
});

test("the client follows all tasks by the global event number", async (t) => {
  const { client, api, submit } = await setup(t);
  await submit("a");
  await submit("b");
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const event of client.events(null, { after: 1, signal: stop.signal })) {
    seen.push(`${event.id}:${event.task_id}`);
    if (seen.length === 1) await api.tell(1, "text");
    if (seen.length === 2) stop.abort();
  }
  assert.deepEqual(seen, ["2:2", "3:1"]);
});

test("the client reconnects to the event stream and misses and repeats nothing", async (t) => {
  const s = await setup(t);
  await s.submit();
  const seen: number[] = [];
  const kinds: string[] = [];
  for await (const step of s.client.follow(1, { reconnectForMs: 60_000 })) {
    if (step.type !== "event") kinds.push(step.type);
    else seen.push(step.event.seq);
    if (step.type === "event" && step.event.seq === 1) await restart(s, t, async () => await tellMany(s, 50));
    if (step.type === "event" && step.event.seq === 51) await s.api.finish(1);
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 52 }, (_, index) => index + 1),
  );
  assert.deepEqual(kinds, ["connected", "disconnected", "connected", "end"]);
});

test("the client reconnects to the stream of all tasks at the global number", async (t) => {
  const s = await setup(t);
  await s.submit("a");
  await s.submit("b");
  const stop = new AbortController();
  const seen: number[] = [];
  for await (const { id } of s.client.events(null, { signal: stop.signal })) {
    seen.push(id);
    if (id === 2) await restart(s, t, async () => await tellMany(s, 3));
    if (id === 5) stop.abort();
  }
  assert.deepEqual(seen, [1, 2, 3, 4, 5]);
});

test("the event stream gives up when no server has answered for a while", async (t) => {
  const { client, submit, door } = await setup(t);
  await submit();
  await assert.rejects(async () => {
    for await (const { seq } of client.events(1, { reconnectForMs: 200 })) if (seq === 1) await door.stop();
  }, ServerUnreachable);
});

test("a refused event stream is not tried again", async (t) => {
  const { client } = await setup(t);
  await assert.rejects(client.events(99).next(), { code: "not_found" });
});

test("the event stream ends quietly at the signal, also while nothing happens", async (t) => {
  const { client, submit } = await setup(t);
  await submit();
  const stop = new AbortController();
  // The signal comes while the stream waits for more: nothing shows that it has begun to wait.
  for await (const { seq } of client.events(1, { signal: stop.signal })) if (seq === 1) setTimeout(() => stop.abort(), 20);
});

test("the event stream closes its connection when the reader leaves", async (t) => {
  const { client, api, submit } = await setup(t);
  await submit();
  for await (const _event of client.events(1)) break;
  await eventually(() => api.subscriptions === 0);
  for await (const _connected of client.follow(1)) break;
  await eventually(() => api.subscriptions === 0);
});

async function tellMany({ api }: ClientSetup, count: number): Promise<void> {
  for (let each = 0; each < count; each++) await api.tell(1, "text", { text: "ö".repeat(1000) });
}

/** Another server process at the same place, as after `kill -9` and a new start. */
async function restart(
  { door, api, socket, token }: ClientSetup,
  t: { after(fn: () => unknown): void },
  meanwhile: () => Promise<void>,
): Promise<void> {
  await door.stop();
  await meanwhile();
  const next = createHttp({ api, token, log: { error: () => undefined } });
  t.after(async () => await next.stop());
  await next.listenSocket(socket);
}
