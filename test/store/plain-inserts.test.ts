import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { findDamage } from "../../src/store/sqlite/file/check.ts";
import { openStore } from "../../src/store/sqlite/sqlite.ts";
import type { Store } from "../../src/store/store.ts";
import { backToSchema } from "../../testing/older-database.ts";
import { event } from "../../testing/events.ts";
import { plainTask } from "../../testing/plain-task.ts";
import { scratch } from "../../testing/scratch.ts";
import { newAttempt, textEvent } from "./setup.ts";

const usage = (place: number) => ({ usage: { m: { input_tokens: place, output_tokens: 1, cost_usd: 0.5 } } });
const end = { kind: "succeeded", message: "" } as const;

/** Tasks of every status, with labels, groups, locks and results that cost something. */
async function fill(store: Store, first: number, count: number): Promise<void> {
  await store.write(() => {
    for (let place = first; place < first + count; place += 1) {
      const labels: Record<string, string> = place % 3 === 0 ? { team: `t${place % 7}`, number: String(place) } : {};
      const own = { labels, group: `g${place % 5}`, locks: place % 11 === 0 ? ["db"] : [], notBefore: place % 13 === 0 ? 10 ** 15 : null };
      const { id } = store.tasks.insert(plainTask({ ...own, priority: place % 5 }));
      store.events.append(id, null, [textEvent(place)]);
      const attempt = place % 8 < 6 ? store.attempts.claim(id, newAttempt(`r${place}`), 5) : null;
      if (attempt === null) {
        if (place % 8 === 6) store.tasks.transition(id, "skip", 6);
        continue;
      }
      store.events.append(id, attempt.attempt.id, [{ ...event("result", usage(place)), at: place * 1000 }]);
      const operation = ([null, "ask", "complete", "fail", "cancel", "requeue"] as const)[place % 8] ?? null;
      if (operation !== null && operation !== "ask") store.attempts.close(attempt.attempt.id, end, 7);
      if (operation !== null) store.tasks.transition(id, operation, 8);
    }
  });
}

/** What inserts have to keep, each beside the same from the rows themselves. */
const kept: readonly (readonly [string, string])[] = [
  [
    "SELECT status, count FROM status_counts WHERE count > 0 ORDER BY status",
    "SELECT status, count(*) AS count FROM tasks GROUP BY status ORDER BY status",
  ],
  [
    "SELECT task_id, key, value FROM task_labels ORDER BY task_id, key",
    "SELECT tasks.id AS task_id, key, value FROM tasks, json_each(labels) ORDER BY tasks.id, key",
  ],
  ["SELECT task_id FROM task_search ORDER BY task_id", "SELECT id AS task_id FROM tasks ORDER BY id"],
  [
    "SELECT group_name, sum(results) AS results, sum(input_tokens) AS tokens, sum(cost_usd) AS usd FROM usage_by_day GROUP BY group_name ORDER BY group_name",
    `SELECT group_name, count(*) AS results, sum(data ->> '$.usage.m.input_tokens') AS tokens, sum(data ->> '$.usage.m.cost_usd') AS usd
     FROM events JOIN tasks ON tasks.id = task_id WHERE type = 'result' GROUP BY group_name ORDER BY group_name`,
  ],
];

function check(file: string): void {
  const raw = new Database(file, { readonly: true });
  try {
    assert.deepEqual(findDamage(raw, file), []);
    for (const [counted, real] of kept) {
      const rows = raw.prepare(real).all();
      assert.ok(rows.length > 0, real);
      assert.deepEqual(raw.prepare(counted).all(), rows, counted);
    }
  } finally {
    raw.close();
  }
}

test("counts, labels and usage are right in a new, an upgraded and a refilled store", async (t) => {
  const file = path.join(scratch(t).directory, "tasks.db");
  let store = openStore({ path: file });
  await fill(store, 0, 400);
  check(file);
  const order = store.tasks.startable(10 ** 6, 800);
  assert.ok(order.length > 20);
  await store.close();
  // Triggers kept them before schema 56.
  backToSchema(file, 55);
  store = openStore({ path: file });
  check(file);
  assert.deepEqual(store.tasks.startable(10 ** 6, 800), order);
  await fill(store, 400, 40);
  check(file);
  await store.close();
});
