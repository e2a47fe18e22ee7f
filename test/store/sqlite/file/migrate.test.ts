import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import { consent } from "../../../../src/store/sqlite/migrations/0023-consent.ts";
import { migrate, migrations } from "../../../../src/store/sqlite/file/migrate.ts";

test("questions keep their rows, numbers and references when their table is rebuilt", (t) => {
  const database = new Database(":memory:");
  t.after(() => database.close());
  for (const { sql } of migrations.filter(({ number }) => number < consent.number)) database.exec(sql);
  database.pragma(`user_version = ${consent.number - 1}`);
  const columns = "task_id, attempt_id, key, kind, tool, input, input_hash, asked_at";
  const ask = database.prepare<[number, string], number>(
    `INSERT INTO questions (id, ${columns}) VALUES (?, 1, 1, ?, 'plan', 't', '{}', 'h', 1)`,
  );
  database.exec("INSERT INTO tasks (id, title, group_name, working_directory, created_at, updated_at) VALUES (1, 't', 'g', '/w', 1, 1)");
  ask.run(3, "kept");
  ask.run(7, "removed");
  database.exec(`DELETE FROM questions WHERE id = 7;
    INSERT INTO notification_channels (id, name, kind, target, events, allow_private, rules, created_at)
      VALUES (1, 'c', 'webhook', '{}', '[]', 0, '{}', 1);
    INSERT INTO channel_asks (channel_id, question_id, delivery_id, code, options, asked_at) VALUES (1, 3, 1, 'c', '[]', 1)`);
  migrate(database);
  assert.deepEqual(database.prepare("SELECT id, key FROM questions").all(), [{ id: 3, key: "kept" }]);
  assert.equal(database.prepare("SELECT count(*) FROM channel_asks").pluck().get(), 1);
  database.exec(`INSERT INTO questions (${columns}) VALUES (1, 1, 'new', 'consent', 't', '{}', 'h', 1)`);
  assert.equal(database.prepare("SELECT max(id) FROM questions").pluck().get(), 8, "no number is used again");
  database.exec("DELETE FROM questions WHERE id = 3");
  assert.equal(database.prepare("SELECT count(*) FROM channel_asks").pluck().get(), 0, "the reference is still there");
});
