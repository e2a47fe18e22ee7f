/**
 * Whether the names in the file system still lead to the files that a connection has open: what is
 * written to a removed file is lost.
 */
import { statSync } from "node:fs";
import path from "node:path";
import { WorkerError } from "../../../domain/errors.ts";

export interface DatabasePlace {
  /**
   * `whole`; `log`: the write-ahead log or its index was removed or replaced, the database is
   * there; `database`: that one is gone or is another file. Cheap: two `stat` calls a file.
   */
  look(): "whole" | "log" | "database";
}

/**
 * @param file of an open database whose log exists. Its files as they are now are the right ones.
 */
export function databasePlace(file: string): DatabasePlace {
  const main = identityOf(file);
  const log = [`${file}-wal`, `${file}-shm`].map((name) => ({ name, identity: identityOf(name) }));
  return {
    look: () => {
      if (identityOf(file) !== main) return "database";
      // A connection that is alone (locking_mode EXCLUSIVE) has no index.
      return log.every(({ name, identity }) => identity === null || identityOf(name) === identity) ? "whole" : "log";
    },
  };
}

/** What is said, and what to do, when the database's file is gone. */
export function databaseLost(file: string): WorkerError {
  return new WorkerError(
    "storage_unusable",
    `${file} was removed or replaced while the server uses it, so nothing is saved any more. If you moved it, move it back: saving then works again. ` +
      `Otherwise save what the server still has (claude-worker db backup FILE), then: claude-worker server stop, claude-worker db restore FILE.`,
  );
}

/** What is said when the log is gone and its content could not be saved yet. */
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
    return null; // A directory above cannot be entered any more: the name leads nowhere.
  }
}
