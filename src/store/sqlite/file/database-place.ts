/**
 * Checks whether the names in the file system still lead to the files that a connection has open.
 * Writes to a removed file are lost.
 */
import { statSync } from "node:fs";
import path from "node:path";
import { WorkerError } from "../../../domain/errors.ts";

export interface DatabasePlace {
  /**
   * `whole`: all files are in place; `log`: the write-ahead log or its index was removed or
   * replaced; `database`: the database was removed or replaced. Cheap: two `stat` calls per file.
   */
  look(): "whole" | "log" | "database";
}

/** @param file of an open database whose log exists. Its present files count as the right ones. */
export function databasePlace(file: string): DatabasePlace {
  const main = identityOf(file);
  const log = [`${file}-wal`, `${file}-shm`].map((name) => ({ name, identity: identityOf(name) }));
  return {
    look: () => {
      if (identityOf(file) !== main) return "database";
      // An exclusive connection (locking_mode EXCLUSIVE) has no index.
      return log.every(({ name, identity }) => identity === null || identityOf(name) === identity) ? "whole" : "log";
    },
  };
}

/** The error when the database's file was removed or replaced. */
export function databaseLost(file: string): WorkerError {
  return new WorkerError(
    "storage_unusable",
    `${file} was removed or replaced while the server uses it, so nothing is saved any more. If you moved it, move it back: saving then works again. ` +
      `Otherwise save what the server still has (claude-worker db backup FILE), then: claude-worker server stop, claude-worker db restore FILE.`,
  );
}

/** The error when the log was removed and its content could not be saved yet. */
export function logLost(file: string): WorkerError {
  return new WorkerError(
    "storage_unusable",
    `${path.basename(file)}-wal or ${path.basename(file)}-shm was removed from ${path.dirname(file)} while the server uses it, and what it held cannot be written into the database yet. Free some space; saving then works again by itself.`,
  );
}

function identityOf(name: string): string | null {
  try {
    const stats = statSync(name, { throwIfNoEntry: false });
    return stats === undefined ? null : `${stats.dev}:${stats.ino}`;
  } catch {
    return null; // The file does not exist, or a directory above it cannot be entered.
  }
}
