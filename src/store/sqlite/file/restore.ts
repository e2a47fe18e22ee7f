/**
 * Puts a backup in the database's place. Offline: the caller holds the server's lock, so nobody has
 * the database open.
 */
import { copyFileSync, existsSync, renameSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { WorkerError } from "../../../domain/errors.ts";
import { findFaults } from "./check.ts";
import { refuseStranger, restoreDraftOf } from "./database-file.ts";
import { createPrivateFile, fileFault, removeFile, syncPath } from "./private-file.ts";
import { guarded } from "./storage-fault.ts";

/** What SQLite keeps of one database: the file, its log, and the log's index. */
const suffixes = ["", "-wal", "-shm"];

export interface Restored {
  /** Where the database that was there before is kept; null when there was none. */
  readonly previous: string | null;
}

/**
 * Checks `backup` and puts a copy of it in the place of `file`. The database that was there is kept
 * beside it.
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
    throw thrown instanceof WorkerError ? thrown : fileFault(thrown, file);
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

/** Checks the copy under the backup's name: what was read is what will be used. */
function refuseUnsound(draft: string, backup: string): void {
  guarded(backup, () => {
    const database = new Database(draft, { fileMustExist: true });
    try {
      refuseStranger(database, backup);
      const [fault] = findFaults(database, backup);
      if (fault !== undefined)
        throw new WorkerError("storage_unusable", `The backup cannot be used: ${fault} Nothing was changed; use another one.`);
    } finally {
      database.close();
    }
  });
}

/**
 * Its files as they are, each under the new name: opening a damaged database could cost it its log.
 * The database first, then its log: a crash in between leaves a log without its database, which the
 * next start refuses with a sentence. The other way round it would silently lose what is only in
 * the log.
 */
function moveAside(file: string): string | null {
  // A log without its database goes too: beside the restored one it would be taken for that one's.
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
