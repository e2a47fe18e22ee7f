/** Finds the main checkout of a linked git worktree. It reads git's own files and never runs git, whose configuration can name programs. */
import { readFileSync, realpathSync, statSync } from "node:fs";
import path from "node:path";

/** git writes one path per file; anything longer is not git's. */
const longestBytes = 8192;

/**
 * The directory of the main checkout that corresponds to this one.
 *
 * Both sides have to name each other: the worktree's `.git` file names its entry in the repository, and that entry names the
 * `.git` file. The second part lies in the repository, so a directory cannot claim to be a worktree of it.
 * @param directory a real path, in a worktree or not.
 * @returns null when it is not in a linked worktree. For a worktree of a bare repository: the repository itself.
 */
export function mainCheckoutOf(directory: string): string | null {
  const link = gitFileAbove(directory);
  if (link === null) return null;
  try {
    const entry = realpathSync.native(path.resolve(path.dirname(link), contentOf(link).replace(/^gitdir: /, "")));
    if (path.basename(path.dirname(entry)) !== "worktrees") return null;
    const backLink = path.resolve(entry, contentOf(path.join(entry, "gitdir")));
    if (realpathSync.native(backLink) !== link) return null;
    const repository = realpathSync.native(path.resolve(entry, contentOf(path.join(entry, "commondir"))));
    if (repository !== path.dirname(path.dirname(entry))) return null;
    if (path.basename(repository) !== ".git") return repository;
    return path.join(path.dirname(repository), path.relative(path.dirname(link), directory));
  } catch {
    // The worktree's repository is gone, or cannot be read.
    return null;
  }
}

/** The `.git` file of the work tree that the directory is in; null where `.git` is a directory, or where there is none. */
function gitFileAbove(directory: string): string | null {
  for (let current = directory; ; current = path.dirname(current)) {
    const found = statSync(path.join(current, ".git"), { throwIfNoEntry: false });
    if (found !== undefined) return found.isFile() && found.size <= longestBytes ? path.join(current, ".git") : null;
    if (current === path.dirname(current)) return null;
  }
}

function contentOf(file: string): string {
  if (statSync(file).size > longestBytes) throw new Error(`${file} is too large`);
  return readFileSync(file, "utf8").trimEnd();
}
