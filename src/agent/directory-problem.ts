/**
 * What stands in the place of a working directory that was checked and trusted at submit, as a
 * sentence.
 */
import { lstatSync, realpathSync } from "node:fs";
import type { Stats } from "node:fs";
import { isReplaceable } from "../config/files-above.ts";

/**
 * Why no task may work in this directory any more. @param directory as it was at submit: absolute,
 * without links. @returns a sentence, or null.
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

/**
 * The same where the directory is known not to be the one that was checked, whatever stands in its
 * place by now.
 */
export function movedSentence(directory: string): string {
  return directoryProblem(directory) ?? `The working directory ${directory} was replaced by another one while the task started.`;
}

/**
 * Why Claude may not be given one of the task's additional directories. It is named to Claude Code,
 * which looks the name up later: so no other user may be able to put another directory into its
 * place.
 * @returns a sentence, or null.
 */
export function additionalDirectoryProblem(directory: string): string | null {
  const fault = directoryProblem(directory, "additional directory");
  if (fault !== null || !isReplaceable(directory)) return fault;
  return `Another user can put another directory into the place of ${directory}. Only you should be able to write to the directories above it.`;
}

function kindOf(stats: Stats): string {
  if (stats.isFile()) return "a file";
  if (stats.isFIFO()) return "a named pipe";
  return stats.isSocket() ? "a socket" : "a device";
}
