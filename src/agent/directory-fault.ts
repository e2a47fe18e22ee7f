/** What stands in the place of a working directory that was checked and trusted at submit, as a sentence. */
import { lstatSync, realpathSync } from "node:fs";
import type { Stats } from "node:fs";

/** Why no task may work in this directory any more. @param directory as it was at submit: absolute, without links. @returns a sentence, or null. */
export function directoryFault(directory: string): string | null {
  try {
    const found = lstatSync(directory);
    const real = realpathSync.native(directory);
    if (found.isSymbolicLink()) return `The working directory ${directory} is a symbolic link now, to ${real}.`;
    if (real !== directory) return `The working directory ${directory} leads elsewhere now than when the task was submitted: to ${real}.`;
    return found.isDirectory() ? null : `The working directory ${directory} is ${kindOf(found)} now.`;
  } catch (error) {
    return `The working directory ${directory} cannot be used any more (${(error as NodeJS.ErrnoException).code ?? "unknown error"}).`;
  }
}

/** The same where the directory is known not to be the one that was checked, whatever stands in its place by now. */
export function movedSentence(directory: string): string {
  return directoryFault(directory) ?? `The working directory ${directory} was replaced by another one while the task started.`;
}

function kindOf(stats: Stats): string {
  if (stats.isFile()) return "a file";
  if (stats.isFIFO()) return "a named pipe";
  return stats.isSocket() ? "a socket" : "a device";
}
