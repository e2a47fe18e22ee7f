/**
 * Opens the database's file, or says in a sentence why it must not be used: missing parts, empty,
 * foreign, newer, damaged, read-only. It never reads the file by itself: closing a second
 * descriptor would drop the locks that SQLite holds on it (POSIX).
 */
import { accessSync, constants, existsSync, renameSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { requireOwnFile } from "../../../config/own-directory.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { findDamagedPages } from "./check.ts";
import { migrate, schemaVersion } from "./migrate.ts";
import { createPrivateFile, fileFault, removeFile, syncPath } from "./private-file.ts";
import { guarded } from "./storage-fault.ts";

/** "ClWk": marks a database as ours (`PRAGMA application_id`). */
export const applicationId = 0x43_6c_57_6b;

/**
 * So long does a statement wait for another program's lock. It blocks the event loop, so it is
 * short.
 */
const busyTimeoutMs = 2000;

/**
 * Files up to this size are checked before they are used (0.1 to 0.3 s); larger ones while they are
 * used, by a maintenance process.
 */
const quickCheckBytes = 64 * 1024 * 1024;

/**
 * An open, checked, migrated connection; the file is created where there is none.
 * @throws WorkerError `storage_unusable`, `storage_full`
 */
export function openDatabaseFile(file: string): Database.Database {
  if (existsSync(file)) refuseUnusable(file);
  requireOwnFiles(file);
  if (!existsSync(file)) create(file);
  return guarded(file, () => {
    const database = new Database(file, { fileMustExist: true, timeout: busyTimeoutMs });
    try {
      refuseStranger(database, file);
      if (!isLarge(file)) refuseDamaged(database, file);
      configure(database, file);
      migrate(database);
      return database;
    } catch (thrown) {
      database.close();
      throw thrown;
    }
  });
}

/**
 * Before SQLite opens any of them: what another user wrote into one would be read as our own.
 * @throws WorkerError `storage_unusable`
 */
function requireOwnFiles(file: string): void {
  for (const place of [file, `${file}-wal`, `${file}-shm`, `${file}-journal`]) requireOwnFile(place);
}

/** Where a restore puts the backup's copy together, beside the database that it is to become. */
export function restoreDraftOf(file: string): string {
  return `${file}.restoring`;
}

/** A connection that cannot change the file. @throws WorkerError `storage_unusable` */
export function openReadOnly(file: string): Database.Database {
  requireOwnFiles(file);
  return guarded(file, () => {
    const database = new Database(file, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
    try {
      refuseStranger(database, file);
      return database;
    } catch (thrown) {
      database.close();
      throw thrown;
    }
  });
}

/**
 * Opens a database for reading where its log's index cannot be made (the disk is full). No other
 * process may open it meanwhile, and it cannot be made writable: it has to be closed and opened
 * anew.
 * @throws WorkerError `storage_unusable`, `storage_full` (also for an older schema, which cannot be
 * brought up to date)
 */
export function openForReading(file: string): Database.Database {
  refuseUnusable(file);
  return guarded(file, () => {
    const database = new Database(file, { fileMustExist: true, timeout: busyTimeoutMs });
    try {
      // Without another process the index may lie in memory.
      database.pragma("locking_mode = EXCLUSIVE");
      refuseStranger(database, file);
      if ((database.pragma("user_version", { simple: true }) as number) < schemaVersion) {
        throw new WorkerError(
          "storage_full",
          `The disk of ${file} is full, so the database cannot be brought up to this version. Free some space and start again.`,
        );
      }
      configure(database, file);
      return database;
    } catch (thrown) {
      database.close();
      throw thrown;
    }
  });
}

/** Whether the file is too large to be checked while everybody waits. */
export function isLarge(file: string): boolean {
  return statSync(file).size > quickCheckBytes;
}

/**
 * Refuses a database that is not ours or is newer than we are. @throws WorkerError
 * `storage_unusable`
 */
export function refuseStranger(database: Database.Database, file: string): void {
  const application = database.pragma("application_id", { simple: true });
  if (application !== applicationId) {
    throw new WorkerError(
      "storage_unusable",
      `${file} is a database of another program (application id ${String(application)}). Name another file with CLAUDE_WORKER_DB.`,
    );
  }
  const version = database.pragma("user_version", { simple: true }) as number;
  if (version > schemaVersion) {
    throw new WorkerError(
      "storage_unusable",
      `${file} was written by a newer Claude Worker (schema ${version}; this one knows ${schemaVersion}). Update Claude Worker, or restore an older backup.`,
    );
  }
}

/**
 * Refuses a file that a server could not use, before SQLite is let near it: beside a file that may
 * only be read, it would leave a log that may only be read, too.
 * @throws WorkerError `storage_unusable`
 */
export function refuseUnusable(file: string): void {
  const stats = statsOf(file);
  if (!stats.isFile()) throw new WorkerError("storage_unusable", `${file} is not a file. Name another one with CLAUDE_WORKER_DB.`);
  if (stats.size === 0) {
    throw new WorkerError(
      "storage_unusable",
      `${file} is empty (0 bytes), which no Claude Worker leaves behind. Restore a backup, or remove it to start with an empty database.`,
    );
  }
  for (const place of [file, `${file}-wal`, `${file}-shm`, path.dirname(file)]) {
    try {
      accessSync(place, constants.R_OK | constants.W_OK);
    } catch (thrown) {
      // An orderly stop leaves no log.
      if ((thrown as NodeJS.ErrnoException).code !== "ENOENT") throw fileFault(thrown, place);
    }
  }
}

/**
 * The file appears complete or not at all: a crash in between must not leave an empty one, which
 * would be refused.
 */
function create(file: string): void {
  const directory = path.dirname(file);
  if (!existsSync(directory)) {
    throw new WorkerError(
      "storage_unusable",
      `The directory ${directory} does not exist. Create it, or name another file with CLAUDE_WORKER_DB.`,
    );
  }
  if (existsSync(`${file}-wal`)) {
    throw new WorkerError(
      "storage_unusable",
      `${file} is gone, but ${file}-wal with its newest changes is there. Bring the database back beside it, or move ${file}-wal away to start with an empty one.`,
    );
  }
  if (existsSync(restoreDraftOf(file))) {
    throw new WorkerError(
      "storage_unusable",
      `${file} is gone, and a restore into its place was broken off. Restore the backup again (claude-worker db restore), or rename the newest ${file}.replaced-* back to ${file}; to start with an empty one, remove ${restoreDraftOf(file)}.`,
    );
  }
  const draft = `${file}.new`;
  for (const leftover of [draft, `${draft}-journal`]) removeFile(leftover);
  guarded(file, () => {
    // SQLite would use the umask's mode; the -wal and -shm files inherit this one.
    createPrivateFile(draft);
    const database = new Database(draft);
    try {
      database.pragma(`application_id = ${applicationId}`);
      migrate(database);
    } finally {
      database.close();
    }
    renameSync(draft, file);
    syncPath(directory);
  });
}

function statsOf(file: string): Stats {
  try {
    return statSync(file);
  } catch (thrown) {
    throw fileFault(thrown, file);
  }
}

function refuseDamaged(database: Database.Database, file: string): void {
  const [damage] = findDamagedPages(database, file);
  if (damage === undefined) return;
  throw new WorkerError(
    "storage_unusable",
    `${damage} Restore a backup, or move ${file} and its -wal and -shm files away to start with an empty one.`,
  );
}

function configure(database: Database.Database, file: string): void {
  const mode = database.pragma("journal_mode = WAL", { simple: true });
  if (mode !== "wal") {
    throw new WorkerError(
      "storage_unusable",
      `${file} lies where SQLite's write-ahead log does not work (journal mode ${String(mode)}). Put it on a local disk.`,
    );
  }
  // An acknowledged write survives a power cut.
  database.pragma("synchronous = FULL");
  // On macOS a plain fsync stops at the drive's cache; elsewhere this changes nothing.
  database.pragma("fullfsync = ON");
  database.pragma("foreign_keys = ON");
  database.pragma("trusted_schema = OFF");
  database.pragma("recursive_triggers = OFF");
  // SQLite's own cache of pages would grow to 16 MB with the database; what is read again lies in
  // the system's cache anyway.
  database.pragma("cache_size = -1000");
  // A group that was once large does not keep its log's size for ever.
  database.pragma(`journal_size_limit = ${64 * 1024 * 1024}`);
}
