import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import { holdKinds } from "../../src/domain/order/hold.ts";
import { stopReasons } from "../../src/domain/attempt/stop-reason.ts";
import { permissionModes } from "../../src/domain/task/permission-mode.ts";
import { describeSchema } from "../../src/store/sqlite/file/describe-schema.ts";
import { migrate, migrations, schemaVersion } from "../../src/store/sqlite/file/migrate.ts";
import { newAttempt, setup, textEvent } from "./setup.ts";

const wrongs: Record<string, string> = {
  "an ended task without its end": "UPDATE tasks SET status = 'completed', open_attempt_id = NULL WHERE id = 2",
  "an end without an ended task": "UPDATE tasks SET ended_at = 5 WHERE id = 1",
  "a running task without an attempt": "UPDATE tasks SET status = 'running' WHERE id = 1",
  "a pending task with an attempt": "UPDATE tasks SET open_attempt_id = 1 WHERE id = 1",
  "a status that there is not": "UPDATE tasks SET status = 'paused' WHERE id = 1",
  "a permission mode that there is not": 'UPDATE tasks SET options = \'{"permissionMode":"all"}\' WHERE id = 1',
  "a task without a permission mode": "UPDATE tasks SET options = '{}' WHERE id = 1",
  "options that are not an object": "UPDATE tasks SET options = '[]' WHERE id = 1",
  "long options that are not JSON": "UPDATE task_texts SET options = '{' WHERE task_id = 1",
  "labels that are not JSON": "UPDATE tasks SET labels = '{' WHERE id = 1",
  "a negative cost": "UPDATE tasks SET cost_usd = -1 WHERE id = 1",
  "a text where a number belongs": "UPDATE tasks SET priority = 'high' WHERE id = 1",
  "a second open attempt":
    "INSERT INTO attempts (task_id, number, runner_id, node_id, epoch, resume, warm, started_at, journal_start, journal_offset, first_seq) VALUES (2, 2, 'r', 'n', 1, 0, 0, 1, 0, 0, 1)",
  "an attempt of no task":
    "INSERT INTO attempts (task_id, number, runner_id, node_id, epoch, resume, warm, started_at, journal_start, journal_offset, first_seq) VALUES (99, 1, 'r', 'n', 1, 0, 0, 1, 0, 0, 1)",
  "an ended attempt without an outcome": "UPDATE attempts SET ended_at = 5 WHERE id = 1",
  "a journal read from before its start": "UPDATE attempts SET journal_offset = -1 WHERE id = 1",
  "a reason to stop that there is not": "UPDATE attempts SET stop_requested = 'bored' WHERE id = 1",
  "two events of one number": "INSERT INTO events (task_id, seq, type, at, data) VALUES (2, 1, 'text', 1, '{}')",
  "an event that is not JSON": "INSERT INTO events (task_id, seq, type, at, data) VALUES (2, 9, 'text', 1, 'hello')",
  "an event of no task": "INSERT INTO events (task_id, seq, type, at, data) VALUES (99, 1, 'text', 1, '{}')",
  "a hold that there is not": "INSERT INTO holds (kind, scope, message, since) VALUES ('mood', 'all', '', 1)",
  "a second epoch": "INSERT INTO daemon_epoch (id, epoch) VALUES (2, 1)",
  "a counter below nothing": "UPDATE status_counts SET count = -1 WHERE status = 'pending'",
};
for (const [what, sql] of Object.entries(wrongs)) {
  test(`the schema refuses ${what}`, async (t) => {
    const { store, raw, submit } = setup(t);
    await submit();
    await submit();
    await store.write(() => {
      store.attempts.claim(2, newAttempt("r"), 1);
      store.events.append(2, 1, [textEvent(1)]);
    });
    const connection = raw();
    connection.pragma("foreign_keys = ON");
    assert.throws(() => connection.exec(sql), { code: /^SQLITE_CONSTRAINT/ });
  });
}

test("the schema allows what the domain has, word for word", () => {
  const checks = describeSchema().tables.flatMap((table) => table.columns.map((column) => column.check ?? ""));
  const lists = {
    // The first schema has two statuses more, which no task can have.
    status: ["pending", "running", "waiting", "completed", "failed", "cancelled", "skipped"],
    "coalesce(options ->> '$.permissionMode', '')": permissionModes,
    // A parked attempt's runner leaves by itself, so this reason is never stored.
    stop_requested: stopReasons.filter((reason) => reason !== "parked"),
    kind: holdKinds,
  };
  for (const [column, values] of Object.entries(lists)) {
    const expected = `${column} IN (${values.map((value) => `'${value}'`).join(", ")})`;
    assert.ok(
      checks.some((check) => check.endsWith(expected)),
      expected,
    );
  }
});

test("migrations are numbered without gaps and run once", () => {
  assert.deepEqual(
    migrations.map(({ number }) => number),
    migrations.map((_, at) => at + 1),
  );
  const database = new Database(":memory:");
  migrate(database);
  assert.equal(database.pragma("user_version", { simple: true }), schemaVersion);
  migrate(database);
  assert.equal(database.pragma("user_version", { simple: true }), schemaVersion);
  database.close();
});

test("the description of the schema has every table and column with a comment", (t) => {
  const { raw } = setup(t);
  const connection = raw();
  const { version, tables } = describeSchema();
  assert.equal(version, schemaVersion);
  const actual = connection
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name")
    .pluck()
    .all();
  assert.deepEqual(tables.map((table) => table.name).toSorted(), actual);
  for (const table of tables) {
    assert.ok(table.comment.length > 10, table.name);
    const columns = (connection.pragma(`table_xinfo(${table.name})`) as { name: string }[]).map((column) => column.name);
    assert.deepEqual(
      table.columns.map((column) => column.name),
      columns,
    );
    for (const column of table.columns) assert.ok(column.comment.length > 3, `${table.name}.${column.name}`);
  }
  const attempts = tables.find((table) => table.name === "attempts");
  assert.deepEqual(attempts?.indexes, [{ name: "attempts_open", columns: ["task_id"], unique: true, where: "ended_at IS NULL" }]);
  assert.equal(attempts?.columns.find((column) => column.name === "task_id")?.references, "tasks.id");
});
