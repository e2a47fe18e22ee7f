/** Makes the data directory, and refuses a directory that other users can enter. */
import { chmodSync, lstatSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { makeDirectory } from "../config/make-directory.ts";
import { isOurs, othersCanWrite } from "../config/others-can-write.ts";
import { requireOwnDirectory } from "../config/own-directory.ts";
import { compileCachePath, variableOf } from "../config/paths.ts";
import type { Paths } from "../config/paths.ts";
import { WorkerError } from "../domain/errors.ts";
import { fileError } from "../store/sqlite/file/private-file.ts";

/** @throws WorkerError storage_unusable with what to do. */
export function prepareDataDirectory(paths: Paths): void {
  for (const directory of new Set([paths.home, dirname(paths.database), paths.logs, paths.run])) prepare(directory, paths);
  dropForeignCache(compileCachePath(paths));
  prepare(compileCachePath(paths), paths);
}

/** A cache that another user could write may hold that user's code. It is made again, empty. */
function dropForeignCache(directory: string): void {
  const stats = lstatSync(directory, { throwIfNoEntry: false });
  if (stats === undefined || (isOurs(stats) && !othersCanWrite(stats))) return;
  try {
    rmSync(directory, { recursive: true, force: true });
  } catch {
    // What stays there is refused by its owner and mode.
  }
}

function prepare(directory: string, paths: Paths): void {
  // A database elsewhere may be in a directory with other files: a missing directory is made, an
  // existing one stays as it is.
  const isDatabaseOnly = directory === dirname(paths.database) && directory !== paths.home;
  // Checked before, so that nothing is made where others can replace it.
  if (!isDatabaseOnly) requireOwnDirectory(directory, variableOf(directory, paths));
  try {
    makeDirectory(directory, 0o700);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOSPC" || code === "EDQUOT") throw fileError(error, directory);
    throw new WorkerError(
      "storage_unusable",
      `The directory ${directory} cannot be made (${code ?? "unknown error"}). Fix its rights, or choose another: ${variableOf(directory, paths)}.`,
    );
  }
  if (isDatabaseOnly) return;
  requireOwnDirectory(directory, variableOf(directory, paths));
  if ((lstatSync(directory).mode & 0o077) !== 0) chmodSync(directory, 0o700);
}
