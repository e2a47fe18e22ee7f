/**
 * Refuses directories and files of Claude Worker that another user has made or can write, because
 * that user would control their content.
 */
import { lstatSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { WorkerError } from "../domain/errors.ts";
import { isOurs, othersCanWrite } from "./others-can-write.ts";
import { replaceableEntry } from "./replaceable-entry.ts";

/**
 * Requires that this user owns a directory and no other user can write it or put another one into
 * its place. For a directory that does not exist only those above it are checked. A link belongs to
 * the user who made it, whatever its target is.
 * @param variable the variable that can name another place.
 * @throws WorkerError storage_unusable with the command that fixes it.
 */
export function requireOwnDirectory(directory: string, variable: string): void {
  if (process.getuid === undefined) return;
  const stats = statsOf(lstatSync, directory);
  if (stats !== undefined && stats.uid !== process.getuid()) {
    throw new WorkerError("storage_unusable", `The directory ${directory} belongs to another user. Choose another: ${variable}.`);
  }
  const real = stats?.isSymbolicLink() === true ? statsOf(statSync, directory) : stats;
  if (real !== undefined) refuseWritable(directory, real, "chmod 700");
  refuseReplaceable(directory, `Name another place: ${variable}.`);
}

/**
 * Requires that this user owns a file, and that no other user can replace it or a directory above
 * it. For a file that does not exist only the directories are checked. Call it before the file is
 * opened.
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
  refuseReplaceable(file, "Name another place.");
}

function refuseReplaceable(place: string, choice: string): void {
  const found = replaceableEntry(place);
  if (found === null) return;
  const { holder, entry, stats } = found;
  if (!isOurs(stats)) {
    throw new WorkerError(
      "storage_unusable",
      `The directory ${holder} belongs to another user (uid ${stats.uid}), who can replace ${entry}. ${choice}`,
    );
  }
  throw new WorkerError(
    "storage_unusable",
    `Other users can write to ${holder} (mode ${modeOf(stats)}), so they can replace ${entry}, which is not used therefore. Fix it: chmod go-w ${holder}. Or name another place.`,
  );
}

function refuseWritable(place: string, stats: Stats, fix: string): void {
  if (!othersCanWrite(stats)) return;
  throw new WorkerError(
    "storage_unusable",
    `Other users can write to ${place} (mode ${modeOf(stats)}), so it is not used. Fix it: ${fix} ${place}`,
  );
}

function modeOf(stats: Stats): string {
  return (stats.mode & 0o7777).toString(8).padStart(4, "0");
}

/** Undefined when the entry does not exist or cannot be read: opening it reports the reason. */
function statsOf(look: typeof statSync, place: string): Stats | undefined {
  try {
    return look(place, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
