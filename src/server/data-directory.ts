/** Makes the data directory, and refuses a directory that other users can enter. */
import { chmodSync, lstatSync } from "node:fs";
import { dirname } from "node:path";
import { makeDirectory } from "../config/make-directory.ts";
import { requireOwnDirectory } from "../config/own-directory.ts";
import { variableOf } from "../config/paths.ts";
import type { Paths } from "../config/paths.ts";
import { WorkerError } from "../domain/errors.ts";
import { fileError } from "../store/sqlite/file/private-file.ts";

/** @throws WorkerError storage_unusable with what to do. */
export function prepareDataDirectory(paths: Paths): void {
  for (const directory of new Set([paths.home, dirname(paths.database), paths.logs, paths.run])) prepare(directory, paths);
}

function prepare(directory: string, paths: Paths): void {
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
  // A database elsewhere may be in a directory with other files: a missing directory is made, an
  // existing one stays as it is.
  if (directory === dirname(paths.database) && directory !== paths.home) return;
  requireOwnDirectory(directory, variableOf(directory, paths));
  if ((lstatSync(directory).mode & 0o077) !== 0) chmodSync(directory, 0o700);
}
