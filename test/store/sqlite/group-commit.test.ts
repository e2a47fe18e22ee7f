import assert from "node:assert/strict";
import { test } from "node:test";
import { WorkerError } from "../../../src/domain/errors.ts";
import type { Change } from "../../../src/store/sqlite/change.ts";
import { newAttempt, setup, textEvent } from "../setup.ts";
import { plainTask } from "../../../testing/plain-task.ts";

test("writes of one turn of the event loop share one commit, in their order", async (t) => {
  const { store } = setup(t);
  const changes: Change[] = [];
  store.onCommit((change) => changes.push(change));
  const tasks = await Promise.all(Array.from({ length: 20 }, () => store.write(() => store.tasks.insert(plainTask()))));
  assert.deepEqual(
    tasks.map((task) => task.id),
    Array.from({ length: 20 }, (_, index) => index + 1),
  );
  // Not always one: a machine that is busy elsewhere may let the group's time run out.
  assert.ok(changes.length < 10, `${changes.length} commits`);
  assert.deepEqual(
    changes.flatMap((change) => [...change.taskIds]),
    tasks.map((task) => task.id),
  );
});

test("writes are durable and visible to others only when their promise resolves", async (t) => {
  const { store, raw } = setup(t);
  const count = raw().prepare<[], number>("SELECT count(*) FROM tasks").pluck();
  const write = store.write(() => {
    store.tasks.insert(plainTask());
    return count.get();
  });
  assert.equal(count.get(), 0);
  assert.equal(await write, 0);
  assert.equal(count.get(), 1);
});

test("a write that throws undoes itself only", async (t) => {
  const { store, start } = setup(t);
  const { task, attempt } = await start();
  const error = new WorkerError("conflict", "No.");
  const results = await Promise.allSettled([
    store.write(() => store.tasks.insert(plainTask())),
    store.write(() => {
      store.tasks.insert(plainTask());
      store.events.append(task.id, attempt.id, [textEvent(1)]);
      throw error;
    }),
    store.write(() => store.tasks.insert(plainTask())),
  ]);
  assert.deepEqual(
    results.map((result) => result.status),
    ["fulfilled", "rejected", "fulfilled"],
  );
  assert.equal(results[1]?.status === "rejected" ? results[1].reason : null, error);
  assert.equal(store.tasks.counts().pending, 2);
  assert.equal(store.events.lastId(), 0);
  assert.deepEqual(store.problems(), []);
});

test("a write that breaks a rule of the schema is refused as a bug", async (t) => {
  const { store, submit } = setup(t);
  await submit();
  await assert.rejects(
    store.write(() => store.attempts.claim(1, newAttempt("r", { journalStart: -5 }), 1)),
    { name: "WorkerError", code: "internal", message: /CHECK/ },
  );
  assert.deepEqual(store.problems(), []);
  assert.equal(store.tasks.get(1)?.status, "pending");
});

test("a write cannot be asynchronous", async (t) => {
  const { store } = setup(t);
  const work = async (): Promise<void> => {
    store.tasks.insert(plainTask());
    await Promise.resolve();
  };
  await assert.rejects(store.write(work), { code: "internal", message: /asynchronous/ });
  assert.equal(store.tasks.counts().pending, 0);
});

test("a write that is asked for inside a write comes after it", async (t) => {
  const { store } = setup(t);
  const order: string[] = [];
  const inner = await store.write(() => {
    const later = store.write(() => order.push("inner"));
    order.push("outer");
    return { later };
  });
  await inner.later;
  assert.deepEqual(order, ["outer", "inner"]);
});

test("many writes do not block the event loop", async (t) => {
  const { store } = setup(t);
  const changes: Change[] = [];
  store.onCommit((change) => changes.push(change));
  const busy = (): void => {
    const end = performance.now() + 10;
    while (performance.now() < end);
  };
  await Promise.all(Array.from({ length: 12 }, () => store.write(busy)));
  assert.ok(changes.length >= 2, `${changes.length} commits`);
});

test("a change outside of a write is refused", async (t) => {
  const { store, start } = setup(t);
  const { task, attempt } = await start();
  const changes: Record<string, () => unknown> = {
    "tasks.insert": () => store.tasks.insert(plainTask()),
    "tasks.transition": () => store.tasks.transition(task.id, "complete", 1),
    "tasks.patch": () => store.tasks.patch(task.id, 1, { priority: 1 }),
    "attempts.claim": () => store.attempts.claim(task.id, newAttempt("r"), 1),
    "attempts.adopt": () => store.attempts.adopt(attempt.id),
    "attempts.patch": () => store.attempts.patch(attempt.id, { pid: 1 }),
    "attempts.advance": () => store.attempts.advance(attempt.id, 1, 1),
    "attempts.close": () => store.attempts.close(attempt.id, { kind: "crashed", message: "" }, 1),
    "events.append": () => store.events.append(task.id, null, [textEvent(1)]),
    "holds.put": () => store.holds.put({ kind: "manual", scope: "all", message: "", until: null }, 1),
    "holds.lift": () => store.holds.lift("manual", "all"),
    "trust.add": () => store.trust.add("/a", 1),
    "trust.remove": () => store.trust.remove("/a"),
  };
  for (const [name, change] of Object.entries(changes)) {
    assert.throws(change, { code: "internal", message: /outside `write`/ }, name);
  }
  const { id } = await store.write(() => store.tasks.insert(plainTask()));
  await store.write(() => store.tasks.transition(id, "cancel", 1));
  assert.throws(() => store.tasks.remove(id), { code: "internal" });
});

test("listeners of commits learn what was touched when it can be read", async (t) => {
  const { store, submit } = setup(t);
  await submit();
  const heard: number[] = [];
  let lastEventId = 0;
  const leave = store.onCommit((change) => {
    heard.push(...change.taskIds);
    lastEventId = change.lastEventId;
    assert.equal(store.events.lastId(), lastEventId);
  });
  await Promise.all([
    store.write(() => store.events.append(1, null, [textEvent(1), textEvent(2)])),
    store.write(() => store.tasks.insert(plainTask())),
    store
      .write(() => {
        store.tasks.insert(plainTask());
        throw new Error("undone");
      })
      .catch(() => {}),
  ]);
  assert.deepEqual([heard, lastEventId], [[1, 2], 2]);
  leave();
  await submit();
  assert.deepEqual(heard, [1, 2]);
});

test("listeners of commits learn of holds too", async (t) => {
  const { store } = setup(t);
  const heard: number[] = [];
  store.onCommit(({ taskIds }) => heard.push(taskIds.size));
  await store.write(() => store.holds.put({ kind: "manual", scope: "all", message: "", until: null }, 1));
  assert.deepEqual(heard, [0]);
});

test("listeners of commits do not learn of a group that was lost", async (t) => {
  const { store, open } = setup(t);
  open();
  let heard = 0;
  store.onCommit(() => heard++);
  await assert.rejects(store.write(() => store.tasks.insert(plainTask())));
  assert.equal(heard, 0);
});

test("a replaced server changes nothing any more and says why", async (t) => {
  const { open, file } = setup(t);
  const told: WorkerError[] = [];
  const older = open({ onStale: (error) => told.push(error) });
  await older.write(() => older.tasks.insert(plainTask()));
  const newer = open();
  assert.equal(newer.epoch, older.epoch + 1);
  const taken = { name: "WorkerError", code: "unavailable", message: /^Another server took over this data directory/ };
  const [first, second] = [older.write(() => older.tasks.insert(plainTask())), older.write(() => older.tasks.remove(1))];
  await assert.rejects(first, taken);
  await assert.rejects(second, taken);
  await assert.rejects(
    older.write(() => older.tasks.insert(plainTask())),
    taken,
  );
  assert.equal(told.length, 1);
  assert.equal(told[0]?.code, "unavailable");
  assert.equal(newer.tasks.counts().pending, 1, file);
  await newer.write(() => newer.tasks.insert(plainTask()));
  assert.equal(newer.tasks.counts().pending, 2);
});

test("closing the store commits what waits and refuses what comes later", async (t) => {
  const { store, open } = setup(t);
  const waiting = store.write(() => store.tasks.insert(plainTask()));
  const closing = store.close();
  await assert.rejects(
    store.write(() => store.tasks.insert(plainTask())),
    { code: "unavailable" },
  );
  assert.equal((await waiting).id, 1);
  await closing;
  await store.close();
  assert.equal(open().tasks.counts().pending, 1);
});

test("reads of one pass see one state, inside a write, too, and an error ends the pass", async (t) => {
  const { store, raw, submit } = setup(t);
  const { id } = await submit();
  const other = raw();
  const titles = store.read(() => {
    const before = store.tasks.get(id)?.title;
    other.exec(`UPDATE tasks SET title = 'Another' WHERE id = ${id}`);
    return [before, store.read(() => store.tasks.get(id)?.title)];
  });
  assert.equal(titles[0], titles[1]);
  assert.equal(store.tasks.get(id)?.title, "Another");
  assert.throws(
    () =>
      store.read(() => {
        throw new Error("no");
      }),
    /no/,
  );
  const seen = await store.write(() => {
    const more = store.tasks.insert(plainTask());
    return store.read(() => store.tasks.exists(more.id));
  });
  assert.equal(seen, true);
  await assert.rejects(
    store.write(() => store.read(() => assert.fail("undone"))),
    /undone/,
  );
  assert.equal(store.tasks.counts().pending, 2);
});
