/**
 * Opens the database's file, or says in a sentence why it cannot be used: missing parts, empty,
 * foreign, newer, damaged, read-only. Only SQLite reads the file: closing a second descriptor would
 * drop the locks that SQLite holds on it (POSIX).
 */
import { accessSync, constants, existsSync, renameSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { requireOwnFile } from "../../../config/own-directory.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { findDamagedPages } from "./check.ts";
import { hideBoundValues } from "./hide-values.ts";
import { migrate, schemaVersion } from "./migrate.ts";
import { createPrivateFile, fileError, removeFile, syncPath } from "./private-file.ts";
import { guarded } from "./storage-error.ts";

/** "ClWk": marks a database of Claude Worker (`PRAGMA application_id`). */
export const applicationId = 0x43_6c_57_6b;

/**
 * How long a statement waits for another program's lock. Short, because the wait blocks the event
 * loop.
 */
const busyTimeoutMs = 2000;

/**
 * Files up to this size are checked before use (0.1 to 0.3 s). A maintenance process checks larger
 * ones during use.
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
 * Checks the owner of the files before SQLite opens them: content of another user would be read as
 * the server's own.
 * @throws WorkerError `storage_unusable`
 */
function requireOwnFiles(file: string): void {
  for (const place of [file, `${file}-wal`, `${file}-shm`, `${file}-journal`]) requireOwnFile(place);
}

/** Where a restore writes the copy of the backup, beside the database that it will replace. */
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
 * process may open the database meanwhile. To write, the database must be closed and opened again.
 * @throws WorkerError `storage_unusable`, `storage_full` (also for an older schema, which cannot be
 * brought up to date)
 */
export function openForReading(file: string): Database.Database {
  refuseUnusable(file);
  return guarded(file, () => {
    const database = new Database(file, { fileMustExist: true, timeout: busyTimeoutMs });
    try {
      // Without another process the index can be in memory.
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

/** Whether the file is too large to be checked before use. */
export function isLarge(file: string): boolean {
  return statSync(file).size > quickCheckBytes;
}

/**
 * Refuses a database of another program or of a newer version.
 * @throws WorkerError `storage_unusable`
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
 * Refuses a file that a server could not use, before SQLite opens it: beside a read-only file
 * SQLite would leave a read-only log.
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
      // After a clean stop there is no log.
      if ((thrown as NodeJS.ErrnoException).code !== "ENOENT") throw fileError(thrown, place);
    }
  }
}

/** Creates the file atomically: after a crash in between an empty file would be refused. */
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
    // SQLite would take the mode from the umask; the -wal and -shm files inherit this mode.
    createPrivateFile(draft);
    const database = new Database(draft);
    try {
      // The draft does not count before it has its name. One sync then does what each migration
      // would need several for.
      database.pragma("journal_mode = MEMORY");
      database.pragma("synchronous = OFF");
      database.pragma(`application_id = ${applicationId}`);
      migrate(database);
    } finally {
      database.close();
    }
    syncPath(draft);
    renameSync(draft, file);
    syncPath(directory);
  });
}

function statsOf(file: string): Stats {
  try {
    return statSync(file);
  } catch (thrown) {
    throw fileError(thrown, file);
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
  // On macOS a plain fsync stops at the drive's cache; on other systems this has no effect.
  database.pragma("fullfsync = ON");
  database.pragma("foreign_keys = ON");
  database.pragma("trusted_schema = OFF");
  database.pragma("recursive_triggers = OFF");
  // SQLite's own cache of pages would grow to 16 MB with the database, and the system caches the
  // file anyway.
  database.pragma("cache_size = -1000");
  // The log shrinks again after a large group.
  database.pragma(`journal_size_limit = ${64 * 1024 * 1024}`);
  hideBoundValues(database);
}
