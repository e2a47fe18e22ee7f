import assert from "node:assert/strict";
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { restoreBackup } from "../../../../src/store/sqlite/file/restore.ts";
import { openStore } from "../../../../src/store/sqlite/sqlite.ts";
import type { Store } from "../../../../src/store/store.ts";
import { setup, textEvent } from "../../setup.ts";
import { plainTask } from "../../../../testing/plain-task.ts";

test("a backup is whole while the server writes, and for its owner only", async (t) => {
  const { store, directory } = setup(t);
  await fill(store, 500);
  let more = 0;
  const enough = new AbortController();
  const writing = (async (): Promise<void> => {
    while (!enough.signal.aborted) {
      await store.write(() => store.tasks.insert(plainTask()));
      more++;
    }
  })();
  const file = path.join(directory, "backup.db");
  await store.backup(file);
  enough.abort();
  await writing;
  assert.ok(more > 0);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(
    readdirSync(directory).filter((name) => name.startsWith("backup")),
    ["backup.db"],
  );
  const copy = openStore({ path: file });
  const copied = copy.tasks.counts().pending;
  assert.ok(copied >= 500 && copied <= 500 + more);
  assert.deepEqual(copy.tasks.get(500), store.tasks.get(500));
  assert.deepEqual(await copy.check(), []);
  await copy.close();
});

test("a backup overwrites nothing", async (t) => {
  const { store, directory } = setup(t);
  const file = path.join(directory, "notes.txt");
  writeFileSync(file, "my notes");
  await assert.rejects(store.backup(file), { code: "conflict", message: /exists already/ });
  assert.equal(readFileSync(file, "utf8"), "my notes");
});

test("a backup into a missing directory says so", async (t) => {
  const { store, directory } = setup(t);
  await assert.rejects(store.backup(path.join(directory, "none", "b.db")), { code: "storage_unusable", message: /does not exist/ });
});

test("a backup ends with the store and leaves no files", async (t) => {
  const { store, directory } = setup(t);
  const file = path.join(directory, "b.db");
  const backup = store.backup(file);
  await Promise.all([assert.rejects(backup, { code: "unavailable" }), store.close()]);
  assert.deepEqual(readdirSync(directory), ["tasks.db"]);
});

test("a check finds nothing in a sound database", async (t) => {
  const { store } = setup(t);
  await fill(store, 20);
  assert.deepEqual(await store.check(), []);
});

test("a check finds contradictions in a database and says them in sentences", async (t) => {
  const { store, raw } = setup(t);
  await fill(store, 5);
  const connection = raw();
  connection.pragma("foreign_keys = OFF");
  connection.exec("UPDATE status_counts SET count = 4 WHERE status = 'pending'");
  connection.exec("DELETE FROM events WHERE task_id = 2 AND seq = 1");
  connection.exec("DELETE FROM task_texts WHERE task_id = 3");
  connection.exec(`UPDATE tasks SET labels = '{"a":"b"}' WHERE id = 5`);
  connection.exec("DELETE FROM task_labels WHERE task_id = 5");
  connection.exec("UPDATE events SET task_id = 77 WHERE task_id = 4");
  const problems = await store.check();
  assert.match(problems.join("\n"), /The counter of pending says 4, but there are 5 such tasks\./);
  assert.match(problems.join("\n"), /Task 2 has 1 events numbered up to 2, but says 2\./);
  assert.match(problems.join("\n"), /Task 3 has lost its texts\./);
  assert.match(problems.join("\n"), /Task 5 is not found by its labels\./);
  assert.match(problems.join("\n"), /of events refers to a row of tasks that does not exist\./);
});

test("a restore brings back the backup's tasks and keeps the old database", async (t) => {
  const { store, directory, file } = setup(t);
  await fill(store, 3);
  const backup = path.join(directory, "backup.db");
  await store.backup(backup);
  await fill(store, 4);
  await store.close();
  const { previous } = restoreBackup(backup, file);
  assert.equal(previous, `${file}.replaced-1`);
  assert.equal(pendingIn(file), 3);
  assert.equal(pendingIn(`${file}.replaced-1`), 7);
  assert.equal(pendingIn(backup), 3);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(restoreBackup(backup, file).previous, `${file}.replaced-2`);
});

test("a restored backup signs every browser out", async (t) => {
  const { store, directory, file } = setup(t);
  const hash = "a".repeat(64);
  const session = { hash, scope: "admin", tokenId: null, signedInWith: "code", createdAt: 1, userAgent: null, address: null } as const;
  const { id } = await store.write(() => store.browserSessions.insert(session));
  const backup = path.join(directory, "backup.db");
  await store.backup(backup);
  await store.write(() => store.browserSessions.end(id, 2));
  await store.close();
  restoreBackup(backup, file);
  const restored = openStore({ path: file });
  t.after(() => restored.close());
  assert.deepEqual([restored.browserSessions.byHash(hash), restored.browserSessions.list()], [null, []]);
});

test("numbers continue after a restore, also where the database cannot be read", async (t) => {
  const { store, directory, file } = setup(t);
  await fill(store, 3);
  const backup = path.join(directory, "backup.db");
  await store.backup(backup);
  await fill(store, 4);
  await store.close();
  restoreBackup(backup, file);
  assert.equal(await nextTask(file), 8);
  writeFileSync(file, "scratched");
  restoreBackup(backup, file, { lastTask: 20 });
  assert.equal(await nextTask(file), 21);
  restoreBackup(backup, file, { lastTask: 5 });
  assert.equal(await nextTask(file), 22);
  const empty = path.join(directory, "empty.db");
  await openStore({ path: empty }).close();
  const other = path.join(directory, "other.db");
  restoreBackup(empty, other, { lastTask: 5 });
  assert.equal(await nextTask(other), 6, "a table without a number so far");
});

test("a restore is refused while a task runs that the backup does not know", async (t) => {
  const { store, directory, file } = setup(t);
  await fill(store, 1);
  const backup = path.join(directory, "backup.db");
  await store.backup(backup);
  await store.close();
  assert.throws(() => restoreBackup(backup, file, { runners: ["r-1"] }), {
    code: "conflict",
    message: /^1 task still runs without a server, .*: claude-worker server start && claude-worker server stop --now$/,
  });
  assert.equal(existsSync(`${file}.replaced-1`), false);
});

test("a restore works where the database is missing or damaged", async (t) => {
  const { store, directory, file } = setup(t);
  await fill(store, 2);
  const backup = path.join(directory, "backup.db");
  await store.backup(backup);
  await store.close();
  const fresh = path.join(directory, "fresh.db");
  assert.equal(restoreBackup(backup, fresh).previous, null);
  assert.equal(pendingIn(fresh), 2);
  writeFileSync(file, "scratched");
  const { previous } = restoreBackup(backup, file);
  assert.equal(readFileSync(previous ?? "", "utf8"), "scratched");
  assert.equal(pendingIn(file), 2);
});

test("a restore keeps a killed server's database together with its log", async (t) => {
  const { store, directory, file } = setup(t);
  await fill(store, 2);
  const backup = path.join(directory, "backup.db");
  await store.backup(backup);
  await store.close();
  writeFileSync(file, "scratched");
  writeFileSync(`${file}-wal`, "its log");
  restoreBackup(backup, file);
  assert.equal(existsSync(`${file}-wal`), false);
  assert.equal(readFileSync(`${file}.replaced-1-wal`, "utf8"), "its log");
  assert.equal(pendingIn(file), 2);
});

test("a restore killed before its last step leaves no seemingly empty database", async (t) => {
  const { store, directory, file } = setup(t);
  await fill(store, 3);
  const backup = path.join(directory, "backup.db");
  await store.backup(backup);
  await store.close();
  renameSync(file, `${file}.replaced-1`);
  copyFileSync(backup, `${file}.restoring`);
  const again = /restore into its place was broken off. Restore the backup again .* or rename .*tasks\.db\.replaced-\* back/;
  assert.throws(() => openStore({ path: file }), { code: "storage_unusable", message: again });
  assert.equal(existsSync(file), false);
  restoreBackup(backup, file);
  assert.equal(pendingIn(file), 3);
  assert.equal(pendingIn(`${file}.replaced-1`), 3);
});

test("a restore killed between database and log gives the log to no other database", async (t) => {
  const { store, directory, file } = setup(t);
  await fill(store, 3);
  const backup = path.join(directory, "backup.db");
  await store.backup(backup);
  await store.close();
  renameSync(file, `${file}.replaced-1`);
  writeFileSync(`${file}-wal`, "its log");
  restoreBackup(backup, file);
  assert.equal(existsSync(`${file}-wal`), false);
  assert.equal(readFileSync(`${file}.replaced-2-wal`, "utf8"), "its log");
  assert.equal(restoreBackup(backup, file).previous, `${file}.replaced-3`);
});

test("a restore of an unusable or living backup is refused and changes nothing", async (t) => {
  const { store, directory, file, raw } = setup(t);
  await fill(store, 300);
  const make = async (name: string): Promise<string> => {
    await store.backup(path.join(directory, name));
    return path.join(directory, name);
  };
  const damaged = await make("damaged.db");
  const descriptor = openSync(damaged, "r+");
  for (let page = 10; page < 50; page += 7) writeSync(descriptor, Buffer.alloc(4096, 0xaa), 0, 4096, page * 4096);
  closeSync(descriptor);
  const newer = await make("newer.db");
  const foreign = await make("foreign.db");
  change(newer, "PRAGMA user_version = 4000");
  change(foreign, "PRAGMA application_id = 5");
  const living = raw().name;
  const text = path.join(directory, "notes.txt");
  writeFileSync(text, "my notes");
  const refusals: [string, string, RegExp][] = [
    [damaged, "storage_unusable", /The backup cannot be used: .*damaged\.db is damaged.*Nothing was changed/],
    [newer, "storage_unusable", /newer\.db was written by a newer Claude Worker/],
    [foreign, "storage_unusable", /foreign\.db is a database of another program/],
    [text, "storage_unusable", /notes\.txt is not a database\. Name a file that `claude-worker db backup` made\./],
    [path.join(directory, "none.db"), "not_found", /There is no backup/],
    [living, "storage_unusable", /is a database in use, not a backup/],
  ];
  const target = path.join(directory, "target.db");
  restoreBackup(await make("good.db"), target);
  for (const [backup, code, message] of refusals) {
    assert.throws(() => restoreBackup(backup, target), { name: "WorkerError", code, message });
  }
  assert.equal(pendingIn(target), 300);
  assert.deepEqual(
    readdirSync(directory).filter((name) => name.startsWith("target")),
    ["target.db"],
  );
  assert.equal(store.tasks.counts().pending, 300, file);
});

async function fill(store: Store, count: number): Promise<void> {
  await store.write(() => {
    for (let n = 0; n < count; n++) {
      const { id } = store.tasks.insert(plainTask({ prompt: `Task ${n} ${"x".repeat(300)}` }));
      store.events.append(id, null, [textEvent(1), textEvent(2)]);
    }
  });
}

/** The number of a task that is submitted now. */
async function nextTask(file: string): Promise<number> {
  const store = openStore({ path: file });
  const { id } = await store.write(() => store.tasks.insert(plainTask()));
  await store.close();
  return id;
}

function pendingIn(file: string): number {
  const database = new Database(file, { readonly: true });
  try {
    return database.prepare("SELECT count(*) FROM tasks").pluck().get() as number;
  } finally {
    database.close();
  }
}

function change(file: string, sql: string): void {
  const database = new Database(file);
  database.exec(sql);
  database.close();
}
