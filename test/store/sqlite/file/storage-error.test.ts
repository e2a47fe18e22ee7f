import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import { WorkerError } from "../../../../src/domain/errors.ts";
import { asWorkerError, storageError } from "../../../../src/store/sqlite/file/storage-error.ts";

const sqlite = (code: string): Error => new Database.SqliteError("why", code);

test("each error of SQLite that the storage causes has a sentence and what to do", () => {
  const sentences: readonly (readonly [string, string, RegExp])[] = [
    ["SQLITE_FULL", "storage_full", /is full.*Free some space/],
    ["SQLITE_IOERR_SHMSIZE", "storage_full", /is full/],
    ["SQLITE_IOERR_WRITE", "storage_full", /Check the disk's space, quota and health/],
    ["SQLITE_READONLY_DBMOVED", "storage_unusable", /cannot be written.*Make both writable/],
    ["SQLITE_PERM", "storage_unusable", /cannot be written/],
    ["SQLITE_CANTOPEN_ISDIR", "storage_unusable", /cannot be opened/],
    ["SQLITE_NOTADB", "storage_unusable", /is not a database/],
    ["SQLITE_CORRUPT_INDEX", "storage_unusable", /is damaged.*Restore a backup/],
    ["SQLITE_BUSY_SNAPSHOT", "storage_unusable", /keeps \/db locked.*Close it/],
    ["SQLITE_LOCKED", "storage_unusable", /keeps \/db locked/],
    ["SQLITE_NOMEM", "storage_unusable", /not enough memory/],
  ];
  for (const [code, kind, words] of sentences) {
    const error = storageError(sqlite(code), "/db");
    assert.deepEqual([error?.code, words.test(error?.message ?? "")], [kind, true], `${code}: ${error?.message}`);
    assert.match(error?.message ?? "", new RegExp(`\\(${code}: why\\)`));
  }
});

test("an error that the storage did not cause is not one of the storage", () => {
  const others = [new Error("bug"), sqlite("SQLITE_CONSTRAINT_CHECK"), new WorkerError("conflict", "No."), "text"];
  for (const other of others) assert.equal(storageError(other, "/db"), null);
  for (const code of ["storage_full", "storage_unusable"] as const) {
    const error = new WorkerError(code, "Known.");
    assert.equal(storageError(error, "/db"), error);
  }
});

test("a broken rule of the schema is reported as a bug, other errors stay as they are", () => {
  const broken = asWorkerError(sqlite("SQLITE_CONSTRAINT_CHECK"), "/db");
  assert.match(broken.message, /breaks its rules \(SQLITE_CONSTRAINT_CHECK: why\)\. This is a bug/);
  const bug = new Error("bug");
  assert.equal(asWorkerError(bug, "/db"), bug);
  assert.equal(asWorkerError("text", "/db").message, "text");
});
