/**
 * Files of ours are readable by their owner only, whatever the umask; and what the file system
 * refuses becomes a sentence.
 */
import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from "node:fs";
import { WorkerError } from "../../../domain/errors.ts";

/**
 * Makes an empty file of mode 0600, unless there is one. An existing one is not even opened:
 * closing a second descriptor would drop the locks that this process holds on it through SQLite
 * (POSIX).
 * @throws WorkerError `storage_full`, `storage_unusable`
 */
export function createPrivateFile(file: string): void {
  try {
    writeFileSync(file, "", { flag: "wx", mode: 0o600 });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw fileFault(thrown, file);
  }
}

/** Removes a file where there is one. @throws WorkerError `storage_unusable` */
export function removeFile(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch (thrown) {
    throw fileFault(thrown, file);
  }
}

/**
 * Makes a file's content, or a directory's names, survive a power cut. Not for files that SQLite
 * has open here.
 */
export function syncPath(place: string): void {
  const descriptor = openSync(place, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** What the file system said about `place`, as an error of ours. */
export function fileFault(thrown: unknown, place: string): WorkerError {
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
