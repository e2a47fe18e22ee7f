/**
 * A copy of the database in one file, made while the server writes. It never overwrites anything.
 */
import { randomUUID } from "node:crypto";
import { existsSync, linkSync, renameSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { WorkerError } from "../../../domain/errors.ts";
import { findDamagedPages } from "./check.ts";
import { openReadOnly } from "./database-file.ts";
import { createPrivateFile, fileFault, syncPath } from "./private-file.ts";
import { guarded } from "./storage-fault.ts";

export interface BackupOrder {
  /** The database. */
  readonly file: string;
  /**
   * The copy while it is made, in the target's directory. It must not exist; what is left of it is
   * the caller's to remove.
   */
  readonly draft: string;
  readonly target: string;
}

/** A backup's draft. Two backups to the same name at once do not meet. */
export function draftOf(target: string): string {
  return `${target}.${randomUUID()}.part`;
}

/**
 * Copies the database as it is at this moment to `target` (mode 0600) and checks the copy. It takes
 * as long as reading and writing the file does: run it in a maintenance process
 * (run-maintenance.ts) while a server serves.
 * @throws WorkerError `conflict` when `target` exists; `storage_full`, `storage_unusable`. `target`
 * is complete or absent.
 */
export function writeBackup({ file, draft, target }: BackupOrder): void {
  if (existsSync(target)) throw targetExists(target);
  createPrivateFile(draft);
  guarded(target, () => copy(file, draft));
  publish(draft, target);
}

/**
 * The same from an open connection, in this process: for a database that no other process can open
 * any more.
 */
export function writeBackupOf(database: Database.Database, { draft, target }: Omit<BackupOrder, "file">): void {
  if (existsSync(target)) throw targetExists(target);
  createPrivateFile(draft);
  guarded(target, () => copyOpen(database, draft));
  publish(draft, target);
}

function copy(file: string, draft: string): void {
  const database = openReadOnly(file);
  try {
    copyOpen(database, draft);
  } finally {
    database.close();
  }
}

function copyOpen(database: Database.Database, draft: string): void {
  database.prepare("VACUUM INTO ?").run(draft);
  const written = new Database(draft, { readonly: true });
  try {
    const [damage] = findDamagedPages(written, draft);
    if (damage !== undefined) throw new WorkerError("storage_unusable", `The copy is not whole. ${damage} Check the disk and try again.`);
  } finally {
    written.close();
  }
}

/** SQLite does not sync what VACUUM INTO writes (sqlite.org/lang_vacuum.html). */
function publish(draft: string, target: string): void {
  try {
    syncPath(draft);
    giveName(draft, target);
    syncPath(path.dirname(target));
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code;
    if (thrown instanceof WorkerError) throw thrown;
    throw code === "EEXIST" ? targetExists(target) : fileFault(thrown, target);
  }
}

/** A link, unlike a rename, overwrites nothing; some file systems (a memory stick's) have none. */
function giveName(draft: string, target: string): void {
  try {
    linkSync(draft, target);
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code;
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "EOPNOTSUPP") throw thrown;
    if (existsSync(target)) throw targetExists(target);
    renameSync(draft, target);
  }
}

function targetExists(target: string): WorkerError {
  return new WorkerError("conflict", `${target} exists already, and a backup overwrites nothing. Name another file, or remove it first.`);
}
