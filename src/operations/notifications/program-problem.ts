/** Says why a program that a channel names cannot be started. Starts nothing. */
import { accessSync, constants, statSync } from "node:fs";

/** The end of a sentence about the command, and what to do; null: it can be started. */
export function programProblem(program: string): string | null {
  const reason = reasonOf(program);
  return reason === null ? null : `${program} cannot be started: ${reason}. Give the path of a program that the server can run`;
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
