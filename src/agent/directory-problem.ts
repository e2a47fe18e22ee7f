/**
 * Checks whether a directory is still the one that was checked and trusted at submit. Problems are
 * sentences.
 */
import { lstatSync, realpathSync } from "node:fs";
import type { Stats } from "node:fs";
import { isReplaceable } from "../config/files-above.ts";

/**
 * Why no task may work in this directory any more.
 * @param directory the path from the submit: absolute, without links.
 * @returns a sentence, or null.
 */
export function directoryProblem(directory: string, name = "working directory"): string | null {
  try {
    const found = lstatSync(directory);
    const real = realpathSync.native(directory);
    if (found.isSymbolicLink()) return `The ${name} ${directory} is a symbolic link now, to ${real}.`;
    if (real !== directory) return `The ${name} ${directory} leads elsewhere now than when the task was submitted: to ${real}.`;
    return found.isDirectory() ? null : `The ${name} ${directory} is ${kindOf(found)} now.`;
  } catch (error) {
    return `The ${name} ${directory} cannot be used any more (${(error as NodeJS.ErrnoException).code ?? "unknown error"}).`;
  }
}

/** The sentence for a directory that is known to be another one than the checked one. */
export function movedSentence(directory: string): string {
  return directoryProblem(directory) ?? `The working directory ${directory} was replaced by another one while the task started.`;
}

/**
 * Why Claude must not get one of the task's additional directories. Claude Code gets only its name
 * and opens it later, so no other user may be able to replace the directory.
 * @returns a sentence, or null.
 */
export function additionalDirectoryProblem(directory: string): string | null {
  const problem = directoryProblem(directory, "additional directory");
  if (problem !== null || !isReplaceable(directory)) return problem;
  return `Another user can put another directory into the place of ${directory}. Only you should be able to write to the directories above it.`;
}

function kindOf(stats: Stats): string {
  if (stats.isFile()) return "a file";
  if (stats.isFIFO()) return "a named pipe";
  return stats.isSocket() ? "a socket" : "a device";
}
