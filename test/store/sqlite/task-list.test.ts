import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { taskStatuses } from "../../../src/domain/task/task.ts";
import type { Task } from "../../../src/domain/task/task.ts";
import type { Store, TaskFilter } from "../../../src/store/store.ts";
import { newAttempt, setup } from "../setup.ts";
import { plainTask } from "../../../testing/plain-task.ts";

test("a list shows the newest tasks first, a page at a time", async (t) => {
  const { store } = setup(t);
  await fill(store, 7);
  const pages: number[][] = [];
  let cursorId: number | undefined;
  for (;;) {
    const page = ids(store, { limit: 3, ...(cursorId === undefined ? {} : { cursorId }) });
    if (page.length === 0) break;
    pages.push(page);
    cursorId = page.at(-1);
  }
  assert.deepEqual(pages, [[7, 6, 5], [4, 3, 2], [1]]);
  assert.deepEqual(ids(store, { limit: 3, order: "oldest", cursorId: 5 }), [6, 7]);
});

test("a list of tasks leaves the long texts out", async (t) => {
  const { store, submit } = setup(t);
  const {
    prompt: _prompt,
    systemPrompt: _systemPrompt,
    settings: _settings,
    mcpConfig: _mcpConfig,
    jsonSchema: _jsonSchema,
    result: _result,
    structuredResult: _structuredResult,
    ...row
  } = await submit();
  assert.deepEqual(store.tasks.list({ limit: 1 }), [row]);
});

test("a list finds text in name and title, in any case and without wildcards", async (t) => {
  const { store, submit } = setup(t);
  await submit({ name: "Ärger im Haus" });
  await submit({ prompt: "100% of_it\nsecond line" });
  await submit({ prompt: "ОШИБКА в тесте" });
  assert.deepEqual(ids(store, { limit: 9, text: "ÄRGER" }), [1]);
  assert.deepEqual(ids(store, { limit: 9, text: "A\u0308rger" }), [1]);
  assert.deepEqual(ids(store, { limit: 9, text: "ошибка" }), [3]);
  assert.deepEqual(ids(store, { limit: 9, text: "%" }), [2]);
  assert.deepEqual(ids(store, { limit: 9, text: "f_i" }), [2]);
  assert.deepEqual(ids(store, { limit: 9, text: "second" }), []);
  assert.deepEqual(ids(store, { limit: 9, text: "' OR 1=1 --" }), []);
});

test("a list with several labels has tasks with all of them", async (t) => {
  const { store, submit } = setup(t);
  await submit({ labels: { team: "core", kind: "bug" } });
  await submit({ labels: { team: "core" } });
  await submit({ labels: { team: "web", kind: "bug" } });
  assert.deepEqual(ids(store, { limit: 9, labels: { team: "core" } }), [2, 1]);
  assert.deepEqual(ids(store, { limit: 9, labels: { team: "core", kind: "bug" } }), [1]);
  assert.deepEqual(ids(store, { limit: 9, labels: { team: "bug" } }), []);
});

test("a list of no status is empty", async (t) => {
  const { store } = setup(t);
  await fill(store, 3);
  assert.deepEqual(ids(store, { limit: 9, statuses: [] }), []);
  assert.equal(ids(store, { limit: 9, statuses: ["pending", "pending"] }).length, ids(store, { limit: 9, statuses: ["pending"] }).length);
});

test("a list has for any filter what reading every task would give", async (t) => {
  const { store } = setup(t);
  const count = 1300; // more than a short span of time holds
  await fill(store, count);
  const all = store.tasks
    .list({ limit: count, order: "oldest" })
    .map((row) => store.tasks.get(row.id))
    .filter((task) => task !== null);
  assert.equal(all.length, count);
  const anyFilter: fc.Arbitrary<TaskFilter> = fc.record(
    {
      statuses: fc.subarray([...taskStatuses]),
      group: fc.constantFrom("default", "nightly", "none"),
      labels: fc.constantFrom({}, { team: "0" }, { team: "1" }, { team: "0", odd: "true" }),
      text: fc.constantFrom("", "task", "TASK 1", "77", "nothing"),
      createdAfter: fc.integer({ min: -1, max: count * 10 + 1 }),
      createdBefore: fc.integer({ min: -1, max: count * 10 + 1 }),
      cursorId: fc.integer({ min: 0, max: count + 1 }),
      order: fc.constantFrom("newest", "oldest"),
      limit: fc.constantFrom(1, 3, 50, 500),
    },
    { requiredKeys: ["limit"] },
  );
  fc.assert(
    fc.property(anyFilter, (filter) => {
      assert.deepEqual(ids(store, filter), expected(all, filter));
    }),
    { numRuns: 400 },
  );
});

function ids(store: Store, filter: TaskFilter): number[] {
  return store.tasks.list(filter).map((task) => task.id);
}

/**
 * Many tasks in all statuses, groups and labels; created in an order that the clock's jumps
 * disturbed.
 */
async function fill(store: Store, count: number): Promise<void> {
  await store.write(() => {
    for (let n = 1; n <= count; n++) {
      const labels: Record<string, string> = n % 3 === 0 ? {} : { team: String(n % 2), odd: String(n % 2 === 1) };
      const createdAt = n % 100 === 0 ? n * 10 - 500 : n * 10;
      const task = plainTask({
        prompt: `Task ${n}`,
        group: n % 5 === 0 ? "nightly" : "default",
        labels,
        createdAt: Math.max(0, createdAt),
      });
      const { id } = store.tasks.insert(task);
      const status = taskStatuses[n % taskStatuses.length];
      if (status === "cancelled") store.tasks.transition(id, "cancel", n);
      if (status !== "completed" && status !== "failed" && status !== "running") continue;
      const attempt = store.attempts.claim(id, newAttempt(`runner-${n}`), n)?.attempt;
      if (attempt === undefined || status === "running") continue;
      store.attempts.close(attempt.id, { kind: "succeeded", message: "" }, n);
      store.tasks.transition(id, status === "completed" ? "complete" : "fail", n);
    }
  });
}

function expected(all: readonly Task[], filter: TaskFilter): number[] {
  const { statuses, group, labels = {}, text, createdAfter, createdBefore, cursorId, order, limit } = filter;
  const found = all.filter(
    (task) =>
      (statuses === undefined || statuses.includes(task.status)) &&
      (group === undefined || task.group === group) &&
      Object.entries(labels).every(([key, value]) => task.labels[key] === value) &&
      (text === undefined || `${task.name ?? ""}\n${task.title}`.toLowerCase().includes(text.toLowerCase())) &&
      (createdAfter === undefined || task.createdAt > createdAfter) &&
      (createdBefore === undefined || task.createdAt < createdBefore) &&
      (cursorId === undefined || (order === "oldest" ? task.id > cursorId : task.id < cursorId)),
  );
  const ordered = found.map((task) => task.id);
  return (order === "oldest" ? ordered : ordered.toReversed()).slice(0, limit);
}
