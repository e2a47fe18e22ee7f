import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import Database from "better-sqlite3";
import { openDatabaseFile } from "../../../../src/store/sqlite/file/database-file.ts";
import { openStore } from "../../../../src/store/sqlite/sqlite.ts";
import { eventually } from "../../../../testing/eventually.ts";
import { printedByUnprivileged } from "../../../../testing/unprivileged.ts";
import { scratchDirectory, setup } from "../../setup.ts";
import { plainTask } from "../../../../testing/plain-task.ts";

test("opening the database makes one file, for its owner only", async (t) => {
  const file = path.join(scratchDirectory(t), "tasks.db");
  const store = openStore({ path: file });
  for (const name of ["tasks.db", "tasks.db-wal", "tasks.db-shm"]) {
    assert.equal(statSync(path.join(path.dirname(file), name)).mode & 0o777, 0o600, name);
  }
  await store.close();
  assert.deepEqual(readdirSync(path.dirname(file)), ["tasks.db"]);
});

test("opening the database sets what durability and safety need", (t) => {
  const database = openDatabaseFile(path.join(scratchDirectory(t), "tasks.db"));
  t.after(() => database.close());
  const read = (name: string): unknown => database.pragma(name, { simple: true });
  assert.equal(read("journal_mode"), "wal");
  assert.equal(read("synchronous"), 2);
  assert.equal(read("fullfsync"), 1);
  assert.equal(read("foreign_keys"), 1);
  assert.equal(read("trusted_schema"), 0);
  assert.ok((read("busy_timeout") as number) > 0);
});

test("opening the database counts the start as an epoch", async (t) => {
  const file = path.join(scratchDirectory(t), "tasks.db");
  for (const epoch of [1, 2, 3]) {
    const store = openStore({ path: file });
    assert.equal(store.epoch, epoch);
    await store.close();
  }
});

test("opening the database works on a half-made file of a crash", async (t) => {
  const file = path.join(scratchDirectory(t), "tasks.db");
  writeFileSync(`${file}.new`, "half");
  writeFileSync(`${file}.new-journal`, "half");
  const store = openStore({ path: file });
  await store.close();
  assert.equal(existsSync(`${file}.new`), false);
});

test("opening the database finds what a killed server committed", async (t) => {
  const { file } = killedServer(t);
  assert.ok(statSync(`${file}-wal`).size > 0);
  const store = openStore({ path: file });
  assert.equal(store.tasks.counts().pending, 3);
  await store.close();
});

test("a large database is checked while it is open, and its damage is a problem", async (t) => {
  const { file, store, open, submit } = setup(t);
  const { id } = await submit({ prompt: "x".repeat(70 * 1024 * 1024) });
  await store.close();
  // The long prompt lies in a chain of pages; each begins with the number of the next.
  const descriptor = openSync(file, "r+");
  writeSync(descriptor, Buffer.from([0, 0, 0, 7]), 0, 4, 9000 * 4096);
  closeSync(descriptor);
  const opened = open();
  assert.equal(opened.tasks.list({ limit: 1 })[0]?.id, id);
  await eventually(() => opened.problems().length > 0);
  assert.match(opened.problems()[0] ?? "", /tasks\.db is damaged: /);
  assert.throws(() => opened.tasks.get(id), { name: "WorkerError", code: "storage_unusable", message: /is damaged .*Restore a backup/ });
  await opened.write(() => opened.trust.add("/what/is/not/damaged", 5));
});

test("opening an empty file as the database is refused with a sentence", (t) => {
  const file = path.join(scratchDirectory(t), "tasks.db");
  writeFileSync(file, "");
  refused(file, /is empty \(0 bytes\).*Restore a backup, or remove it/);
  assert.equal(statSync(file).size, 0);
});

test("opening a file that is not a database is refused with a sentence", (t) => {
  const file = path.join(scratchDirectory(t), "tasks.db");
  writeFileSync(file, "These are my notes.\n".repeat(500));
  refused(file, /is not a database .*Move it away/);
  assert.match(readFileSync(file, "utf8"), /^These are my notes/);
});

test("opening a database of another program is refused with a sentence", (t) => {
  const file = path.join(scratchDirectory(t), "tasks.db");
  const foreign = new Database(file);
  foreign.exec("CREATE TABLE tasks (id INTEGER PRIMARY KEY, title TEXT)");
  foreign.close();
  refused(file, /is a database of another program/);
  assert.deepEqual(readdirSync(path.dirname(file)), ["tasks.db"]);
});

test("opening a database of a newer version is refused with a sentence", async (t) => {
  const { file, store, raw } = setup(t);
  raw().pragma("user_version = 4000");
  await store.close();
  refused(file, /written by a newer Claude Worker \(schema 4000/);
});

test("opening a damaged database is refused with a sentence", async (t) => {
  const { file, store } = setup(t);
  await store.write(() => {
    for (let n = 0; n < 200; n++) store.tasks.insert(plainTask({ prompt: `Task ${n} ${"x".repeat(500)}` }));
  });
  await store.close();
  const pages = Math.floor(statSync(file).size / 4096);
  const descriptor = openSync(file, "r+");
  for (let page = 10; page < pages; page += 7) writeSync(descriptor, Buffer.alloc(4096, 0xaa), 0, 4096, page * 4096);
  closeSync(descriptor);
  refused(file, /is damaged: .*Restore a backup/);
});

test("opening a badly damaged database says once what to do", async (t) => {
  const { file, store } = setup(t);
  await store.close();
  // Among these pages are roots of tables: SQLite throws instead of listing what it finds.
  const descriptor = openSync(file, "r+");
  for (let page = 10; page < statSync(file).size / 4096; page += 3) writeSync(descriptor, Buffer.alloc(4096, 0xaa), 0, 4096, page * 4096);
  closeSync(descriptor);
  refused(file, /^(?!.*backup.*backup)\S+ is damaged: .*malformed.*\. Restore a backup/);
});

test("opening a directory as the database is refused with a sentence", (t) => {
  const directory = scratchDirectory(t);
  mkdirSync(path.join(directory, "tasks.db"));
  refused(path.join(directory, "tasks.db"), /is not a file/);
  refused(path.join(directory, "none", "tasks.db"), /directory .*none does not exist/);
});

test("opening a log without its database is refused with a sentence", (t) => {
  const { file } = killedServer(t);
  rmSync(file);
  refused(file, /tasks\.db is gone, but .*tasks\.db-wal/);
  assert.ok(existsSync(`${file}-wal`));
});

test("opening a read-only database is refused with a sentence", async (t) => {
  const directory = scratchDirectory(t);
  const data = path.join(directory, "data");
  const file = path.join(data, "tasks.db");
  mkdirSync(data);
  await openStore({ path: file }).close();
  const opened = (place: string, modes: { directory: number; file: number }): string | null => {
    chmodSync(directory, 0o755);
    chmodSync(file, modes.file);
    chmodSync(data, modes.directory);
    const said = openAsUnprivileged(place);
    chmodSync(data, 0o755);
    return said;
  };
  const readOnlyFile = opened(file, { directory: 0o777, file: 0o444 });
  if (readOnlyFile === null) return t.skip("no user without rights may read Node and the source here");
  assert.match(readOnlyFile, /^storage_unusable: .*tasks\.db cannot be read and written \(EACCES\).*writable for this user/);
  assert.match(opened(file, { directory: 0o555, file: 0o666 }) ?? "", /^storage_unusable: .*data cannot be read and written \(EACCES\)/);
  assert.match(
    opened(path.join(data, "other.db"), { directory: 0o555, file: 0o666 }) ?? "",
    /^storage_unusable: .* cannot be read and written \(EACCES\)/,
  );
  writeFileSync(`${file}-wal`, "", { mode: 0o400 });
  assert.match(opened(file, { directory: 0o777, file: 0o666 }) ?? "", /^storage_unusable: .*tasks\.db-wal cannot be read and written/);
});

function refused(file: string, message: RegExp): void {
  assert.throws(() => openStore({ path: file }), { name: "WorkerError", code: "storage_unusable", message });
}

/** A server that was killed after three submits: its newest changes are in the log only. */
function killedServer(t: TestContext): { file: string } {
  const file = path.join(scratchDirectory(t), "tasks.db");
  const script = `
    const { openStore } = await import(${JSON.stringify(new URL("../../../../src/store/sqlite/sqlite.ts", import.meta.url).href)});
    const store = openStore({ path: ${JSON.stringify(file)} });
    for (let n = 0; n < 3; n++) await store.write(() => store.tasks.insert(${JSON.stringify(plainTask())}));
    process.kill(process.pid, "SIGKILL");`;
  assert.throws(() => execFileSync(process.execPath, ["--input-type=module", "-e", script], { stdio: "pipe" }), { signal: "SIGKILL" });
  return { file };
}

/** What opening says to a user without rights; null: there is none here. */
function openAsUnprivileged(file: string): string | null {
  return printedByUnprivileged(`
    const { openStore } = await import(${JSON.stringify(new URL("../../../../src/store/sqlite/sqlite.ts", import.meta.url).href)});
    try { openStore({ path: ${JSON.stringify(file)} }); console.log("opened"); }
    catch (error) { console.log(error.code + ": " + error.message); }`);
}
