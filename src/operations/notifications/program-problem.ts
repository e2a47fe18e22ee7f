/** Says why a program that a channel names cannot be started. Starts nothing. */
import { accessSync, constants, statSync } from "node:fs";
import { basename, delimiter, isAbsolute, join } from "node:path";

/**
 * The end of a sentence about the command, and what to do; null: it can be started.
 * @param searchPath `PATH` of the server: no channel is started by it, but what it finds is named.
 */
export function programProblem(program: string, searchPath = process.env["PATH"] ?? ""): string | null {
  const reason = reasonOf(program);
  if (reason === null) return null;
  const found = foundBy(searchPath, basename(program));
  const advice = found === null ? "Give the path of a program that the server can run" : `Give the path of the program: ${found}`;
  return `${program} cannot be started: ${reason}. ${advice}`;
}

/** What a shell would start by this name; null: nothing. */
function foundBy(searchPath: string, name: string): string | null {
  const places = searchPath.split(delimiter).filter((directory) => isAbsolute(directory));
  return places.map((directory) => join(directory, name)).find((file) => name !== "" && reasonOf(file) === null) ?? null;
}

function reasonOf(program: string): string | null {
  try {
    if (!statSync(program).isFile()) return "it is not a file";
    accessSync(program, constants.X_OK);
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return "there is no such file";
    return code === "EACCES" ? "it is not executable (chmod +x)" : `it cannot be read (${code ?? "unknown"})`;
  }
}
