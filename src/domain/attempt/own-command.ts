/** Finds the command that a person knows in the command line of Claude Code's shell. */

/**
 * What was run, without the shell of Claude Code around it; another command line as it is. A part
 * of a command that continues in the background runs under the name of its whole shell.
 * @param commandLine may be cut anywhere.
 */
export function ownCommand(commandLine: string): string {
  const inShell = / && eval '(.*?)(?:' < \/dev\/null(?: && pwd\b.*)?)?$/s.exec(commandLine)?.[1];
  return inShell?.replaceAll(`'"'"'`, "'").replaceAll(String.raw`'\''`, "'") ?? commandLine;
}
