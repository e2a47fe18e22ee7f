/** Refuses what somebody else has put where a directory of ours belongs: below /tmp everybody may be faster. */
import { lstatSync } from "node:fs";
import { WorkerError } from "../domain/errors.ts";

/**
 * One that is not there is nobody's. A link is its maker's, wherever it leads.
 * @param variable names another place.
 * @throws WorkerError storage_unusable.
 */
export function requireOwnDirectory(directory: string, variable: string): void {
  const owner = lstatSync(directory, { throwIfNoEntry: false })?.uid;
  if (owner === undefined || process.getuid === undefined || owner === process.getuid()) return;
  throw new WorkerError("storage_unusable", `The directory ${directory} belongs to another user. Choose another: ${variable}.`);
}
