/**
 * Refuses directories and files of Claude Worker that another user has made or can write, because
 * that user would control their content.
 */
import { lstatSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { dirname } from "node:path";
import { WorkerError } from "../domain/errors.ts";
import { isOurs, othersCanWrite } from "./others-can-write.ts";

/**
 * Requires that this user owns a directory and no other user can write it. A directory that does
 * not exist passes. A link belongs to the user who made it, whatever its target is.
 * @param variable the variable that can name another place.
 * @throws WorkerError storage_unusable with the command that fixes it.
 */
export function requireOwnDirectory(directory: string, variable: string): void {
  const stats = statsOf(lstatSync, directory);
  if (stats === undefined || process.getuid === undefined) return;
  if (stats.uid !== process.getuid()) {
    throw new WorkerError("storage_unusable", `The directory ${directory} belongs to another user. Choose another: ${variable}.`);
  }
  const real = stats.isSymbolicLink() ? statsOf(statSync, directory) : stats;
  if (real !== undefined) refuseWritable(directory, real, "chmod 700");
}

/**
 * Requires that this user owns a file, in a directory in which no other user can replace it. For a
 * file that does not exist only the directory is checked. Call it before the file is opened.
 * @throws WorkerError storage_unusable with the command that fixes it.
 */
export function requireOwnFile(file: string): void {
  for (const look of [lstatSync, statSync]) {
    const stats = statsOf(look, file);
    if (stats === undefined) continue;
    if (!isOurs(stats)) {
      throw new WorkerError(
        "storage_unusable",
        `${file} belongs to another user (uid ${stats.uid}), so it is not used. Make it yours, or move it away: sudo chown "$USER" ${file}`,
      );
    }
    if (!stats.isSymbolicLink()) refuseWritable(file, stats, "chmod go-w");
  }
  requireSafeFolder(dirname(file));
}

/**
 * Requires a directory in which no other user can replace files of this user. `/tmp` is such a
 * directory because of its sticky bit.
 */
function requireSafeFolder(folder: string): void {
  const stats = statsOf(statSync, folder);
  if (stats === undefined || !othersCanWrite(stats)) return;
  if (isOurs(stats) && (stats.mode & 0o1000) !== 0) return;
  if (isOurs(stats)) refuseWritable(folder, stats, "chmod go-w");
  throw new WorkerError(
    "storage_unusable",
    `The directory ${folder} belongs to another user (uid ${stats.uid}), who can replace what is ours there. Name another place.`,
  );
}

function refuseWritable(place: string, stats: Stats, fix: string): void {
  if (!othersCanWrite(stats)) return;
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, "0");
  throw new WorkerError("storage_unusable", `Other users can write to ${place} (mode ${mode}), so it is not used. Fix it: ${fix} ${place}`);
}

/** Undefined when the entry does not exist or cannot be read: opening it reports the reason. */
function statsOf(look: typeof statSync, place: string): Stats | undefined {
  try {
    return look(place, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
