import assert from "node:assert/strict";
import { test } from "node:test";
import { newAttempt, setup, textEvent } from "../setup.ts";
import { event } from "../../../testing/events.ts";

test("events are numbered without gaps per task, and upwards over all tasks", async (t) => {
  const { store, submit } = setup(t);
  await submit();
  await submit();
  const input = { deep: [{ text: 'NUL \u0000, quote ", line\n, \u{1F600}' }], none: null };
  const use = event("tool_use", { tool: "Bash", input });
  const first = await store.write(() => store.events.append(1, null, [{ ...use, at: 10 }, textEvent(11)]));
  const other = await store.write(() => store.events.append(2, null, [textEvent(12)]));
  const more = await store.write(() => store.events.append(1, null, [textEvent(13)], "[text] hello"));
  assert.deepEqual(first[0], { id: 1, taskId: 1, seq: 1, attemptId: null, ...use, at: 10 });
  assert.deepEqual(
    [...first, ...other, ...more].map((event) => [event.id, event.taskId, event.seq]),
    [
      [1, 1, 1],
      [2, 1, 2],
      [3, 2, 1],
      [4, 1, 3],
    ],
  );
  assert.deepEqual(store.events.ofTask(1, 0, 10), [...first, ...more]);
  const task = store.tasks.get(1);
  assert.equal(task?.lastSeq, 3);
  assert.equal(task?.lastAction, "[text] hello");
  assert.equal(store.tasks.get(2)?.lastAction, null);
});

test("events move the task's time forward, never back", async (t) => {
  const { store, submit } = setup(t);
  const { id } = await submit({ createdAt: 1000 });
  await store.write(() => store.events.append(id, null, [textEvent(5000)]));
  await store.write(() => store.events.append(id, null, [textEvent(400)], null));
  assert.equal(store.tasks.get(id)?.updatedAt, 5000);
});

test("events are read in pages, from the end, and over all tasks", async (t) => {
  const { store, submit } = setup(t);
  await submit();
  await submit();
  await store.write(() => {
    for (let n = 1; n <= 5; n++) store.events.append((n % 2) + 1, null, [textEvent(n, `no ${n}`), textEvent(n)]);
  });
  const seqs = (events: { seq: number }[]): number[] => events.map((event) => event.seq);
  assert.deepEqual(seqs(store.events.ofTask(2, 0, 2)), [1, 2]);
  assert.deepEqual(seqs(store.events.ofTask(2, 2, 100)), [3, 4, 5, 6]);
  assert.deepEqual(seqs(store.events.ofTask(2, 6, 100)), []);
  assert.deepEqual(seqs(store.events.tail(2, 2)), [5, 6]);
  assert.deepEqual(seqs(store.events.tail(2, 100)), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(
    store.events.all(7, 2).map((event) => event.id),
    [8, 9],
  );
  assert.deepEqual(store.events.ofTask(99, 0, 10), []);
  assert.equal(store.events.lastId(), 10);
});

test("events of another version stay visible and do not count as facts", async (t) => {
  const { store, start, raw } = setup(t);
  const { task, attempt } = await start();
  const rows: [type: string, data: string][] = [
    ["mood", '{"fine":true,"summary":["[mood] fine"]}'],
    ["result", '{"subtype":"success","summary":"no list"}'],
    ["result", '{"subtype":7}'],
    ["text", "[1]"],
  ];
  const insert = raw().prepare("INSERT INTO events (task_id, seq, attempt_id, type, at, data) VALUES (?, ?, ?, ?, 1, ?)");
  for (const [index, [type, data]] of rows.entries()) insert.run(task.id, 100 + index, attempt.id, type, data);
  const read = store.events.ofTask(task.id, 99, 10);
  assert.deepEqual(
    read.map(({ type, data }) => (type === "unknown" ? data : type)),
    [{ type: "mood", data: { fine: true } }, "result", { type: "result", data: { subtype: 7 } }, { type: "text", data: [1] }],
  );
  assert.deepEqual([read[0]?.summary, read[1]?.summary], [["[mood] fine"], []]);
  const { data } = store.events.ofAttempt(attempt.id, ["result"])[0] ?? {};
  assert.equal(data?.is_error, false, "a field that it lacks has its empty value");
  assert.equal(store.events.ofAttempt(attempt.id, ["result", "text"]).length, 1);
});

test("events of an attempt are found by their types", async (t) => {
  const { store, start } = setup(t);
  const { task, attempt } = await start();
  const second = await store.write(() => {
    store.events.append(task.id, attempt.id, [textEvent(1), { ...event("result"), at: 2 }]);
    store.events.append(task.id, null, [{ ...event("cancel_requested"), at: 3 }]);
    store.attempts.close(attempt.id, { kind: "crashed", message: "" }, 4);
    store.tasks.transition(task.id, "requeue", 4);
    const claimed = store.attempts.claim(task.id, newAttempt("r-2"), 5);
    if (claimed === null) throw new Error("not claimed");
    store.events.append(task.id, claimed.attempt.id, [{ ...event("result"), at: 6 }, textEvent(7)]);
    store.events.append(task.id, attempt.id, [{ ...event("swept"), at: 8 }]);
    return claimed.attempt;
  });
  const found = (id: number, types: Parameters<typeof store.events.ofAttempt>[1]): number[] =>
    store.events.ofAttempt(id, types).map((event) => event.at);
  assert.deepEqual(found(attempt.id, ["result", "swept"]), [2, 8]);
  assert.deepEqual(found(second.id, ["result", "swept"]), [6]);
  assert.deepEqual(found(second.id, ["text", "result"]), [6, 7]);
  assert.deepEqual(found(second.id, []), []);
  assert.deepEqual(found(99, ["text"]), []);
});

test("events of a removed task leave the cursor of all events where it was", async (t) => {
  const { store, submit } = setup(t);
  const { id } = await submit();
  assert.equal(store.events.lastId(), 0);
  await store.write(() => {
    store.events.append(id, null, [textEvent(1), textEvent(2)]);
    store.tasks.transition(id, "cancel", 3);
  });
  await store.write(() => store.tasks.remove(id));
  assert.deepEqual(store.events.all(0, 10), []);
  assert.equal(store.events.lastId(), 2);
  const next = await submit();
  const [event] = await store.write(() => store.events.append(next.id, null, [textEvent(4)]));
  assert.equal(event?.id, 3);
});

test("events of a task that is gone are refused", async (t) => {
  const { store } = setup(t);
  await assert.rejects(
    store.write(() => store.events.append(5, null, [textEvent(1)])),
    { code: "not_found" },
  );
});
