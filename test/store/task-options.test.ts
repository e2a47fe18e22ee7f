/**
 * Options in one JSON column: what is stored, what changes, and old databases that had a column for
 * each.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import type { TaskOptionFields } from "../../src/domain/task/option-values.ts";
import { rankOf } from "../../src/domain/order/place.ts";
import { openStore } from "../../src/store/sqlite/sqlite.ts";
import { plainOptions, plainTask } from "../../testing/plain-task.ts";
import { scratchDirectory, setup } from "./setup.ts";

/** Every option of schema 12. */
const everything = {
  name: "all",
  labels: { team: "core", kind: "it's" },
  group: "nightly",
  priority: 7,
  systemPrompt: 'You say "yes".\nAnd ümlaut ✓.',
  model: "opus",
  permissionMode: "plan",
  allow: ["Read", "Bash(npm test)"],
  deny: ["WebFetch"],
  maxTurns: 3,
  maxBudgetUsd: 2.5,
  timeoutMs: 1_800_000,
  stallTimeoutMs: 60_000,
  backgroundGraceMs: 0,
  retries: 2,
  ignoreBrokenSettings: true,
} as const satisfies Partial<TaskOptionFields>;

test("a task has the options that it was given; the default takes no room", async (t) => {
  const { store, submit, raw } = setup(t);
  const plain = await submit();
  const full = await submit(everything);
  assert.partialDeepStrictEqual(store.tasks.get(plain.id), plainOptions);
  assert.partialDeepStrictEqual(store.tasks.get(full.id), everything);
  const { systemPrompt: _long, ...short } = everything;
  assert.partialDeepStrictEqual(store.tasks.row(full.id), short);
  assert.ok(!("systemPrompt" in (store.tasks.row(full.id) ?? {})), "lists do not carry long options");
  const held = raw().prepare("SELECT tasks.options, task_texts.options FROM tasks JOIN task_texts ON task_id = id").raw().all();
  assert.deepEqual(held[0], ['{"permissionMode":"acceptEdits"}', "{}"]);
});

test("a retry changes the options that it names and resets those it sets to null", async (t) => {
  const { store, start } = setup(t);
  const { task, attempt } = await start(everything);
  await store.write(() => {
    store.attempts.close(attempt.id, { kind: "agent_failed", message: "no" }, 3000);
    store.tasks.transition(task.id, "fail", 3000);
  });
  const changes = { maxTurns: null, allow: [], model: undefined, systemPrompt: null, timeoutMs: 5, ignoreBrokenSettings: false } as object;
  await store.write(() => store.tasks.transition(task.id, "retry", 4000, changes));
  const { model, ...changed } = changes as TaskOptionFields;
  assert.equal(model, undefined);
  assert.partialDeepStrictEqual(store.tasks.get(task.id), { ...everything, ...changed });
});

/** Of schema 12. Two of them no task could have. */
const statuses = ["pending", "running", "waiting", "completed", "failed", "cancelled", "skipped"];

/** What a column that later schemas added has in a row of schema 12. */
function added(
  name: string,
  { id, group_name: group, queued_at: queuedAt, priority, ended_at: ended, created_at: created }: Record<string, unknown>,
): unknown {
  if (name === "queued_at") return ended === null ? created : 0;
  if (name === "rank") return rankOf({ queuedAt: Number(queuedAt), priority: Number(priority) });
  if (name === "place") return id;
  if (name === "verify_failures" || name === "unmet" || name === "ignore_reserve") return 0;
  if (name === "locks") return "[]";
  return name === "lane" ? JSON.stringify([group]) : null;
}

test("a database of schema 12 keeps every task and option in every status", async (t) => {
  const file = path.join(scratchDirectory(t), "tasks.db");
  const old = new Database(file);
  old.exec(readFileSync(new URL("fixtures/schema-12.sql", import.meta.url), "utf8"));
  const before = old.prepare("SELECT * FROM tasks JOIN task_texts ON task_id = id ORDER BY id").all() as Record<string, unknown>[];
  old.close();
  const store = openStore({ path: file });
  t.after(() => store.close());
  assert.deepEqual(await store.check(), []);
  assert.deepEqual(
    store.tasks.list({ limit: 50, order: "oldest" }).map(({ status }) => status),
    [...statuses, ...statuses],
  );
  const { prompt } = plainTask();
  for (const row of before) {
    const task = store.tasks.get(row["id"] as number);
    const isFull = (row["id"] as number) > statuses.length;
    const options = isFull ? everything : plainOptions;
    assert.partialDeepStrictEqual(task, { ...options, name: row["name"], prompt: isFull ? "Do all of it.\nSecond line." : prompt });
    assert.deepEqual([task?.result, task?.costUsd, task?.lastSeq], [row["result"], row["cost_usd"], row["last_seq"]]);
  }
  const reader = new Database(file, { readonly: true });
  t.after(() => reader.close());
  const left = reader.pragma("table_xinfo(tasks)") as { name: string }[];
  const now = reader.prepare("SELECT * FROM tasks ORDER BY id").all() as Record<string, unknown>[];
  for (const [index, row] of now.entries())
    for (const { name } of left)
      if (name !== "options") assert.deepEqual(row[name], before[index]?.[name] ?? added(name, row), `${name} of task ${index + 1}`);
  // The old database works on: what may start is found, and a model that is held is left out.
  assert.deepEqual(store.tasks.startable(10_000, 10), [8, 1]);
  assert.deepEqual(store.tasks.startable(10_000, 10, { held: [["default", "opus"]] }), [1]);
});
