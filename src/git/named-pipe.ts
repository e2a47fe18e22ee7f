/**
 * Finds a named pipe where git expects a file: git opens the files with its rules wherever they
 * lie, and waits without end for a pipe.
 */
import { lstat, opendir } from "node:fs/promises";
import path from "node:path";

/** What git reads by its name in every directory. */
const readAnywhere: ReadonlySet<string> = new Set([".gitignore", ".gitattributes", ".gitmodules", ".mailmap", ".worktreeinclude"]);
/** What git reads of a repository, below its git directory. */
const readInside = ["config", "config.worktree", "HEAD", "index", "packed-refs", "info/exclude", "info/attributes", "info/sparse-checkout"];

/**
 * @param directory where git works: a work tree, or a git directory.
 * @param deadline of the monotonic clock, ms: larger trees are looked at in part.
 * @returns its path; null: none was found in time.
 */
export async function findNamedPipe(directory: string, deadline: number): Promise<string | null> {
  for (const place of [path.join(directory, ".git"), directory]) {
    for (const name of readInside) {
      const file = path.join(place, name);
      if ((await lstat(file).catch(() => null))?.isFIFO() === true) return file;
    }
  }
  const open = [directory];
  for (let place = open.shift(); place !== undefined && performance.now() < deadline; place = open.shift()) {
    const entries = await opendir(place).catch(() => null);
    if (entries === null) continue;
    for await (const entry of entries) {
      if (entry.isFIFO() && readAnywhere.has(entry.name)) return path.join(place, entry.name);
      if (entry.isDirectory() && entry.name !== ".git") open.push(path.join(place, entry.name));
    }
  }
  return null;
}
