/**
 * Finds the main checkout of a linked git worktree. It reads Git's own files and never runs Git,
 * because Git's configuration can name programs.
 */
import { lstatSync, realpathSync } from "node:fs";
import path from "node:path";
import { lookOnce } from "./one-look.ts";
import { foreignText } from "./read-foreign.ts";

/** Git writes one path per file. A longer file was not written by Git. */
const longestBytes = 8192;
const longestConfigBytes = 1_000_000;

/**
 * The directory of the main checkout that corresponds to this one.
 *
 * Both sides have to name each other: the worktree's `.git` file names its entry in the repository,
 * and that entry names the `.git` file. The second part lies in the repository, so a directory
 * cannot claim to be a worktree of it.
 * @param directory a real path, in a worktree or not.
 * @returns null when it is not in a linked worktree. For a worktree of a bare repository: the
 * repository itself.
 */
export function mainCheckoutOf(directory: string): string | null {
  return lookOnce(mainCheckoutOf, directory, () => findMainCheckout(directory));
}

function findMainCheckout(directory: string): string | null {
  const link = gitAbove(directory);
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
    // The worktree's repository does not exist or cannot be read.
    return null;
  }
}

/**
 * The work tree whose ignored files a new worktree gets, and whose `.claude-worker.json` counts for
 * a work tree: the main checkout. Of a bare repository, or one whose git directory lies elsewhere:
 * the work tree that the directory is in.
 * @param directory a real path. @returns null: it is in none.
 */
export function filesCheckoutOf(directory: string): string | null {
  return lookOnce(filesCheckoutOf, directory, () => findFilesCheckout(directory));
}

function findFilesCheckout(directory: string): string | null {
  const git = gitAbove(directory);
  if (git === null) return null;
  const top = path.dirname(git);
  const main = mainCheckoutOf(top);
  return main !== null && hasFiles(path.join(main, ".git")) ? main : top;
}

/** @param repository a `.git`, which is there where a checkout has its files beside it. */
function hasFiles(repository: string): boolean {
  if (lstatSync(repository, { throwIfNoEntry: false })?.isDirectory() !== true) return false;
  return !/^\s*bare\s*=\s*(?:true|yes|on|1)\s*$/im.test(foreignText(path.join(repository, "config"), longestConfigBytes) ?? "");
}

/**
 * The `.git` of the repository or the work tree that the directory is in: a directory, a file, or
 * anything else of that name; null: there is none.
 */
export function gitAbove(directory: string): string | null {
  return lookOnce(gitAbove, directory, () => findGit(directory));
}

function findGit(directory: string): string | null {
  for (let current = directory; ; current = path.dirname(current)) {
    if (lstatSync(path.join(current, ".git"), { throwIfNoEntry: false }) !== undefined) return path.join(current, ".git");
    if (current === path.dirname(current)) return null;
  }
}

/**
 * @throws Error when the file does not exist, is not a regular file, or is longer than Git writes
 * it.
 */
function contentOf(file: string): string {
  const text = foreignText(file, longestBytes);
  if (text === null) throw new Error(`${file} cannot be read`);
  return text.trimEnd();
}
