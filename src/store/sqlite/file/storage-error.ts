/**
 * Turns SQLite's errors into sentences for people: the storage is full or unusable, and what to do.
 * It handles no error itself.
 */
import Database from "better-sqlite3";
import { messageOf, WorkerError } from "../../../domain/errors.ts";

/**
 * The storage error that `thrown` stands for; null when the storage is not the cause (a broken
 * rule, a bug).
 */
export function storageError(thrown: unknown, file: string): WorkerError | null {
  if (thrown instanceof WorkerError) return thrown.code === "storage_full" || thrown.code === "storage_unusable" ? thrown : null;
  if (!(thrown instanceof Database.SqliteError)) return null;
  const code = thrown.code;
  const detail = `${code}: ${thrown.message}`;
  // The second code: no room for the index of the log, which opening needs.
  if (code === "SQLITE_FULL" || code === "SQLITE_IOERR_SHMSIZE") {
    return new WorkerError(
      "storage_full",
      `The disk of ${file} is full, so nothing was saved (${detail}). Free some space; saving then works again by itself.`,
    );
  }
  if (code.startsWith("SQLITE_IOERR")) {
    return new WorkerError(
      "storage_full",
      `Writing or reading ${file} failed, so nothing was saved (${detail}). Check the disk's space, quota and health; saving works again as soon as the disk does.`,
    );
  }
  if (code.startsWith("SQLITE_READONLY") || code === "SQLITE_PERM") {
    return new WorkerError("storage_unusable", `${file} or its directory cannot be written (${detail}). Make both writable for this user.`);
  }
  if (code.startsWith("SQLITE_CANTOPEN")) {
    return new WorkerError(
      "storage_unusable",
      `${file} cannot be opened (${detail}). Check that its directory exists and that this user may read and write both.`,
    );
  }
  if (code === "SQLITE_NOTADB") {
    return new WorkerError(
      "storage_unusable",
      `${file} is not a database (${detail}). Move it away to start with an empty one, or restore a backup.`,
    );
  }
  if (code.startsWith("SQLITE_CORRUPT")) {
    return new WorkerError(
      "storage_unusable",
      `${file} is damaged (${detail}). Restore a backup, or move it and its -wal and -shm files away to start with an empty one.`,
    );
  }
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return new WorkerError(
      "storage_unusable",
      `Another program keeps ${file} locked, so nothing was saved (${detail}). Close it: only the server may write there.`,
    );
  }
  if (code === "SQLITE_NOMEM")
    return new WorkerError("storage_unusable", `There was not enough memory to use ${file} (${detail}). Free some memory.`);
  return null;
}

/**
 * Turns `thrown` into a WorkerError where SQLite threw it. Problems of the storage become
 * sentences, broken rules of the schema become `internal`.
 */
export function asWorkerError(thrown: unknown, file: string): Error {
  const error = storageError(thrown, file);
  if (error !== null) return error;
  if (thrown instanceof Database.SqliteError) {
    return new WorkerError(
      "internal",
      `The store refused a change that breaks its rules (${thrown.code}: ${thrown.message}). This is a bug; please report it.`,
    );
  }
  return thrown instanceof Error ? thrown : new Error(messageOf(thrown));
}

/** Runs `work`, and turns errors of SQLite into WorkerErrors. */
export function guarded<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw asWorkerError(thrown, file);
  }
}

/** The same noun with all methods guarded. */
export function guardedNoun<T extends object>(file: string, noun: T): T {
  const guard = ([name, method]: [string, unknown]): [string, unknown] => {
    if (typeof method !== "function") return [name, method];
    return [name, (...input: unknown[]) => guarded(file, () => method(...input) as unknown)];
  };
  return Object.fromEntries(Object.entries(noun).map(guard)) as T;
}
