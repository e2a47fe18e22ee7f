/**
 * Starts the process that replaces the database by a backup: `restore.js FILE`. Prints one line of
 * JSON.
 */
import { pathsFrom } from "../config/paths.ts";
import { WorkerError, messageOf } from "../domain/errors.ts";
import { restoreBackup } from "../store/sqlite/file/restore.ts";
import { prepareDataDirectory } from "./data-directory.ts";
import { takeServerLocks } from "./server-locks.ts";

process.umask(0o077);
try {
  console.log(JSON.stringify(restore(process.argv[2] ?? "")));
} catch (error) {
  console.log(JSON.stringify({ error: { code: error instanceof WorkerError ? error.code : "internal", message: messageOf(error) } }));
  process.exitCode = 1;
}

/** Restores under the server's lock, so that no other process has the database open. */
function restore(backup: string): { database: string; previous: string | null } {
  const paths = pathsFrom(process.env);
  prepareDataDirectory(paths);
  const lock = takeServerLocks(paths, { pid: process.pid });
  try {
    return { database: paths.database, ...restoreBackup(backup, paths.database) };
  } finally {
    lock.release();
  }
}
