/** Copies the database to one file while the server writes. It never overwrites a file. */
import { randomUUID } from "node:crypto";
import { existsSync, linkSync, renameSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { WorkerError } from "../../../domain/errors.ts";
import { findDamagedPages } from "./check.ts";
import { openReadOnly } from "./database-file.ts";
import { createPrivateFile, fileError, syncPath } from "./private-file.ts";
import { guarded } from "./storage-error.ts";

export interface BackupOrder {
  /** The database. */
  readonly file: string;
  /**
   * The unfinished copy, in the target's directory. It must not exist before; the caller removes
   * what is left of it.
   */
  readonly draft: string;
  readonly target: string;
}

/**
 * The path of a backup's draft, unique so that two concurrent backups to the same name do not
 * collide.
 */
export function draftOf(target: string): string {
  return `${target}.${randomUUID()}.part`;
}

/**
 * Copies the present database to `target` (mode 0600) and checks the copy. It takes as long as
 * reading and writing the file, so a running server uses a maintenance process for it
 * (run-maintenance.ts).
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
 * Makes the same copy from an open connection, in this process: for a database that no other
 * process can open any more.
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

/**
 * Syncs the draft and gives it its name. SQLite does not sync the output of VACUUM INTO
 * (sqlite.org/lang_vacuum.html).
 */
function publish(draft: string, target: string): void {
  try {
    syncPath(draft);
    giveName(draft, target);
    syncPath(path.dirname(target));
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code;
    if (thrown instanceof WorkerError) throw thrown;
    throw code === "EEXIST" ? targetExists(target) : fileError(thrown, target);
  }
}

/**
 * Uses a link, which unlike a rename cannot overwrite a file; some file systems (of memory sticks)
 * do not support links.
 */
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
