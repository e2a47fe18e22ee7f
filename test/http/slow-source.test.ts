/**
 * Event streams over operations that take their time: what happens between two steps of a reader is
 * sent once, in order.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDoor } from "../../testing/http-door.ts";
import { SseReader } from "../../testing/sse-reader.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("readers of a slow source miss no event, get none twice, and see the end", async (t) => {
  const { api, call, stream } = await openDoor(t);
  await call({ path: "/api/v1/tasks", body: { prompt: "p", working_directory: "/tmp" } });
  const { taskEvents, getTask } = api;
  let asked = 0;
  /** Reads at once or late, and answers late or at once, in every mixture. */
  const slowly = async <T>(read: () => Promise<T>): Promise<T> => {
    asked += 1;
    for (let turns = asked % 4; turns > 0; turns -= 1) await turn();
    const answer = await read();
    for (let turns = asked % 3; turns > 0; turns -= 1) await turn();
    return answer;
  };
  api.taskEvents = (input) => slowly(() => taskEvents(input));
  api.getTask = (input) => slowly(() => getTask(input));
  const readers: SseReader[] = [];
  const events = 400;
  for (let step = 1; step < events; step += 1) {
    await api.tell(1, "text", { text: `step ${step}` });
    if (step % 20 === 0) {
      const after = readers.length % 2 === 0 ? "" : `?after=${step - 5}`;
      const opening = stream({ path: `/api/v1/tasks/1/events${after}`, headers: { accept: "text/event-stream" } });
      void opening.then((answer) => readers.push(new SseReader(answer)));
    }
    if (step % 3 === 0) await turn();
  }
  await api.finish(1);
  while (readers.length < 19) await turn();
  t.after(() => {
    for (const reader of readers) reader.close();
  });
  for (const reader of readers) {
    await reader.ended;
    const ids = reader.ids();
    const [first = 0] = ids;
    assert.ok(first === 1 || first % 20 === 16, `begins with ${first}`);
    assert.deepEqual(
      ids,
      Array.from({ length: events + 2 - first }, (_, index) => first + index),
    );
    assert.equal(reader.messages.at(-1)?.event, "end");
  }
});

test("an event between a reader's first look and the feed's begin is not lost", { timeout: 60_000 }, async (t) => {
  const { api, call, stream } = await openDoor(t);
  await call({ path: "/api/v1/tasks", body: { prompt: "p", working_directory: "/tmp" } });
  const { taskEvents } = api;
  let begin = (): void => {};
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const asked = new Promise<void>((resolve) => {
    api.taskEvents = async (input) => {
      if (input.tail === undefined) return await taskEvents(input);
      resolve(); // Where the feed begins.
      await begun;
      return await taskEvents(input);
    };
  });
  const opening = stream({ path: "/api/v1/tasks/1/events?after=1", headers: { accept: "text/event-stream" } });
  await asked;
  for (let turns = 0; turns < 20; turns += 1) await turn();
  await api.tell(1, "text", { text: "in between" });
  begin();
  const reader = new SseReader(await opening);
  t.after(() => reader.close());
  await reader.count(1);
  assert.deepEqual(reader.ids(), [2]);
});
