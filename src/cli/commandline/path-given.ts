/**
 * Resolves paths as a caller gives them. Reads the current directory only where a path needs it:
 * the directory may have been removed.
 */
import { isAbsolute, resolve } from "node:path";
import type { Io } from "../terminal/io.ts";

/**
 * The absolute path. @throws WorkerError invalid_input: a relative path, and the current directory
 * was removed.
 */
export function pathGiven(io: Pick<Io, "cwd">, given: string): string {
  return isAbsolute(given) ? resolve(given) : resolve(io.cwd, given);
}
