/**
 * Makes a directory with those above it. Not node's `recursive`: where a directory refuses children
 * with ENOENT (/proc), that never ends.
 */
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * @param mode of the directories that are made; one that is there stays as it is. @throws the
 * system's error.
 */
export function makeDirectory(path: string, mode = 0o777): void {
  try {
    makeOne(path, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || dirname(path) === path) throw error;
    makeDirectory(dirname(path), mode);
    // The one above is there now: whatever goes wrong is final.
    makeOne(path, mode);
  }
}

function makeOne(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === "EEXIST" && statSync(path).isDirectory();
    if (!isThere) throw error;
  }
}
