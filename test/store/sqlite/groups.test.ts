import assert from "node:assert/strict";
import { test } from "node:test";
import { newAttempt, setup } from "../setup.ts";

test("a group that was set is listed, changed and removed", async (t) => {
  const { store, submit } = setup(t);
  assert.deepEqual([store.groups.list(), store.groups.get("nightly")], [[], null]);
  const nightly = { name: "nightly", maxRunning: 2, pausedAt: null, createdAt: 5 };
  await store.write(() => store.groups.put(nightly));
  await store.write(() => store.groups.put({ ...nightly, maxRunning: null, pausedAt: 7, createdAt: 9 }));
  assert.deepEqual(store.groups.list(), [{ name: "nightly", maxRunning: null, pausedAt: 7, createdAt: 5 }]);
  await submit({ group: "nightly" });
  await submit({ group: "other" });
  assert.deepEqual(Object.fromEntries(store.groups.counts()), {
    nightly: { running: 0, waiting: 0, pending: 1 },
    other: { running: 0, waiting: 0, pending: 1 },
  });
  assert.deepEqual(await store.write(() => [store.groups.remove("nightly"), store.groups.remove("nightly")]), [true, false]);
});

test("a task holds its locks from its start to its end, also while it waits", async (t) => {
  const { store, submit, open } = setup(t);
  const first = await submit({ locks: ["db", "net"] });
  const second = await submit({ locks: ["db"] });
  assert.deepEqual(store.tasks.startable(1, 9, { lanes: store.groups.lanes() }), [first.id]);
  const claimed = await store.write(() => store.attempts.claim(first.id, newAttempt("one"), 1));
  const blockOf = (id: number) => store.groups.lanes().blockOf({ group: "default", locks: ["db"] }, id);
  assert.deepEqual(blockOf(second.id), { reason: "lock", blocker: "lock:db", message: `Lock db is held by task ${first.id}.` });
  assert.equal(blockOf(first.id), null);
  await store.write(() => store.tasks.transition(first.id, "ask", 2));
  assert.notEqual(blockOf(second.id), null);
  await store.close();
  const again = open();
  assert.notEqual(again.groups.lanes().blockOf({ group: "default", locks: ["net"] }, second.id), null);
  await again.write(() => {
    again.attempts.adopt(claimed?.attempt.id ?? 0);
    again.attempts.close(claimed?.attempt.id ?? 0, { kind: "succeeded", message: "" }, 3);
    again.tasks.transition(first.id, "complete", 3);
  });
  assert.deepEqual(again.tasks.startable(1, 9, { lanes: again.groups.lanes() }), [second.id]);
});

test("a retry with other locks or another group moves to another lane", async (t) => {
  const { store, submit } = setup(t);
  const { id } = await submit({ locks: ["db"] });
  await store.write(() => {
    store.groups.put({ name: "paused", maxRunning: null, pausedAt: 1, createdAt: 1 });
    store.tasks.transition(id, "cancel", 2);
    store.tasks.transition(id, "retry", 3, { group: "paused", locks: [] });
  });
  const lanes = store.groups.lanes();
  assert.deepEqual(store.tasks.startable(5, 9, { lanes }), []);
  await store.write(() => store.groups.put({ name: "paused", maxRunning: null, pausedAt: null, createdAt: 1 }));
  assert.deepEqual(store.tasks.startable(5, 9, { lanes: store.groups.lanes() }), [id]);
});

test("a task starts within its window only, and the next opening is known", async (t) => {
  const { open, submitTo } = setup(t);
  const store = open({ timeZone: "Europe/Berlin" });
  const { id } = await submitTo(store, { window: "22:00-07:00" });
  const noon = Date.parse("2027-07-05T12:00:00Z");
  const opening = Date.parse("2027-07-05T20:00:00Z");
  const startable = (now: number): number[] => store.tasks.startable(now, 9, { lanes: store.groups.lanes(now) });
  assert.deepEqual([startable(noon), startable(opening - 1), startable(opening)], [[], [], [id]]);
  const lanes = store.groups.lanes(noon);
  const task = store.tasks.row(id) ?? assert.fail();
  assert.deepEqual(lanes.blockOf(task, id), {
    reason: "time",
    blocker: "window:22:00-07:00",
    message: "It starts at 22:00-07:00 only. The window opens in 8 h.",
    until: opening,
  });
  assert.equal(lanes.nextTurn, opening);
  await store.write(() => store.tasks.patch(id, noon, { window: null }));
  assert.deepEqual(startable(noon), [id]);
});
