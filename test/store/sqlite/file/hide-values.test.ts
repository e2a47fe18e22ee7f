import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { openDatabaseFile } from "../../../../src/store/sqlite/file/database-file.ts";
import { hideBoundValues, withHiddenValues } from "../../../../src/store/sqlite/file/hide-values.ts";
import { scratch } from "../../../../testing/scratch.ts";

test("each parameter of a statement is hidden once", () => {
  const sql = "SELECT a FROM t WHERE b = ? AND (c IN (?, +?) OR d <= +@now) AND e IS @e ORDER BY a LIMIT @limit";
  const hidden = "SELECT a FROM t WHERE b = +? AND (c IN (+?, +?) OR d <= +@now) AND e IS +@e ORDER BY a LIMIT +@limit";
  assert.equal(withHiddenValues(sql), hidden);
  assert.equal(withHiddenValues(hidden), hidden);
});

test("a hidden value is stored and found as it is, of every type", (t) => {
  const database = new Database(":memory:");
  t.after(() => database.close());
  hideBoundValues(database);
  database.exec("CREATE TABLE kept (number INTEGER, real REAL, text TEXT, blob BLOB, none TEXT) STRICT");
  const row = { number: 2 ** 53 - 1, real: 0.1, text: "-12, ' OR 1", blob: Buffer.from([0, 255, 7]), none: null };
  database.prepare("INSERT INTO kept VALUES (@number, @real, @text, @blob, @none)").run(row);
  const where = "number = @number AND real = @real AND text = @text AND blob = @blob AND none IS @none";
  assert.deepEqual(database.prepare(`SELECT * FROM kept WHERE ${where} ORDER BY number`).get(row), row);
  database.prepare("UPDATE kept SET text = ?").run("0012");
  assert.equal(database.prepare("SELECT text FROM kept WHERE text = ?").pluck().get("0012"), "0012");
});

test("the store's connection hides the values of its statements", (t) => {
  const database = openDatabaseFile(path.join(scratch(t).directory, "tasks.sqlite"));
  t.after(() => database.close());
  const statement = database.prepare("SELECT id FROM questions WHERE task_id = ? ORDER BY id");
  assert.equal(statement.source, "SELECT id FROM questions WHERE task_id = +? ORDER BY id");
  assert.deepEqual(statement.all(1), []);
});
