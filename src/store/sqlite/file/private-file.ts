/**
 * Makes files that only their owner can read, independent of the umask. Turns errors of the file
 * system into sentences.
 */
import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from "node:fs";
import { WorkerError } from "../../../domain/errors.ts";

/**
 * Makes an empty file of mode 0600, unless it exists. Does not open an existing file: closing a
 * second descriptor would drop the locks that this process holds on it through SQLite (POSIX).
 * @throws WorkerError `storage_full`, `storage_unusable`
 */
export function createPrivateFile(file: string): void {
  try {
    writeFileSync(file, "", { flag: "wx", mode: 0o600 });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw fileError(thrown, file);
  }
}

/**
 * Removes a file if it exists.
 * @throws WorkerError `storage_unusable`
 */
export function removeFile(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch (thrown) {
    throw fileError(thrown, file);
  }
}

/**
 * Syncs a file's content, or a directory's names, so that they survive a power cut. Not for files
 * that SQLite has open in this process.
 */
export function syncPath(place: string): void {
  const descriptor = openSync(place, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Turns the file system's error about `place` into a WorkerError. */
export function fileError(thrown: unknown, place: string): WorkerError {
  const code = (thrown as NodeJS.ErrnoException).code ?? "unknown";
  if (code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG") {
    return new WorkerError("storage_full", `The disk of ${place} is full (${code}). Free some space.`);
  }
  if (code === "ENOENT") {
    return new WorkerError("storage_unusable", `The directory of ${place} does not exist (${code}). Create it, or name another place.`);
  }
  if (code === "ENOTDIR") {
    return new WorkerError(
      "storage_unusable",
      `A file is where a directory of ${place} should be (${code}). Move it, or name another place.`,
    );
  }
  return new WorkerError(
    "storage_unusable",
    `${place} cannot be read and written (${code}). Make it and its directory writable for this user.`,
  );
}
