/**
 * Replaces the database by a backup. The caller holds the server's lock, so no process has the
 * database open.
 */
import { copyFileSync, existsSync, renameSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { WorkerError } from "../../../domain/errors.ts";
import { findDamage } from "./check.ts";
import { refuseStranger, restoreDraftOf } from "./database-file.ts";
import { createPrivateFile, fileError, removeFile, syncPath } from "./private-file.ts";
import { guarded } from "./storage-error.ts";

/** The files of a SQLite database: the database, its log, and the log's index. */
const suffixes = ["", "-wal", "-shm"];

export interface Restored {
  /** Where the earlier database is kept; null when there was none. */
  readonly previous: string | null;
}

/**
 * Checks `backup` and puts a copy of it in the place of `file`. Keeps the earlier database beside
 * it.
 * @throws WorkerError `storage_unusable` when the backup is damaged, foreign or newer: then nothing
 * was changed
 */
export function restoreBackup(backup: string, file: string): Restored {
  refuseLive(backup);
  const draft = restoreDraftOf(file);
  try {
    removeFile(draft);
    createPrivateFile(draft);
    copyFileSync(backup, draft);
    refuseUnsound(draft, backup);
    syncPath(draft);
    const previous = moveAside(file);
    renameSync(draft, file);
    syncPath(path.dirname(file));
    return { previous };
  } catch (thrown) {
    removeFile(draft);
    throw thrown instanceof WorkerError ? thrown : fileError(thrown, file);
  }
}

function refuseLive(backup: string): void {
  if (!existsSync(backup)) throw new WorkerError("not_found", `There is no backup ${backup}. Check its name.`);
  if (!existsSync(`${backup}-wal`)) return;
  throw new WorkerError(
    "storage_unusable",
    `${backup} is a database in use, not a backup: its newest changes are in ${backup}-wal. Make a backup of it with its own server (claude-worker db backup).`,
  );
}

/** Checks the copy, which is what will be used, and names the backup in errors. */
function refuseUnsound(draft: string, backup: string): void {
  guarded(backup, () => {
    const database = new Database(draft, { fileMustExist: true });
    try {
      refuseStranger(database, backup);
      const [problem] = findDamage(database, backup);
      if (problem !== undefined)
        throw new WorkerError("storage_unusable", `The backup cannot be used: ${problem} Nothing was changed; use another one.`);
    } finally {
      database.close();
    }
  });
}

/**
 * Renames the files without opening them, because opening a damaged database could lose its log.
 * Renames the database first, then its log: a crash in between leaves a log without a database,
 * which the next start refuses with a sentence. In the other order a crash would silently lose what
 * is only in the log.
 */
function moveAside(file: string): string | null {
  // A log without its database is also moved, because SQLite would apply it to the restored
  // database.
  const parts = suffixes.filter((suffix) => existsSync(`${file}${suffix}`));
  if (parts.length === 0) return null;
  const previous = freeName(`${file}.replaced`);
  for (const suffix of parts) renameSync(`${file}${suffix}`, `${previous}${suffix}`);
  return previous;
}

function freeName(name: string): string {
  for (let number = 1; ; number++) {
    if (!suffixes.some((suffix) => existsSync(`${name}-${number}${suffix}`))) return `${name}-${number}`;
  }
}
