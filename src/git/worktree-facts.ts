/** Looks what is there of a worktree: on the disk, and in git's own list. Changes nothing. */
import { lstatSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import path from "node:path";

/** Git writes one path per file. */
const longestBytes = 8192;

export interface WorktreeFacts {
  /**
   * What lies at the worktree's path. `worktree`: it and git's entry name each other. `other`:
   * anything else, also a link.
   */
  readonly place: "none" | "worktree" | "other";
  /** Git's directory for the worktree; null: git does not know it. */
  readonly entry: string | null;
}

/** @param repository the common git directory. */
export function worktreeFacts(worktree: string, repository: string): WorktreeFacts {
  const entry = entryOf(worktree, repository);
  const stats = lstatSync(worktree, { throwIfNoEntry: false });
  if (stats === undefined) return { place: "none", entry };
  return { place: stats.isDirectory() && entry !== null && leadsTo(path.join(worktree, ".git"), entry) ? "worktree" : "other", entry };
}

/** The entry whose `gitdir` names the worktree's `.git`. */
function entryOf(worktree: string, repository: string): string | null {
  const entries = path.join(repository, "worktrees");
  const link = path.join(worktree, ".git");
  const names = namesIn(entries).filter((name) => {
    const named = contentOf(path.join(entries, name, "gitdir"));
    return named !== null && path.resolve(entries, name, named) === link;
  });
  return names[0] === undefined ? null : path.join(entries, names[0]);
}

function leadsTo(link: string, entry: string): boolean {
  const named = contentOf(link);
  if (named?.startsWith("gitdir: ") !== true) return false;
  try {
    return realpathSync.native(path.resolve(path.dirname(link), named.slice(8))) === realpathSync.native(entry);
  } catch {
    return false;
  }
}

function contentOf(file: string): string | null {
  try {
    const stats = lstatSync(file);
    return stats.isFile() && stats.size <= longestBytes ? readFileSync(file, "utf8").trimEnd() : null;
  } catch {
    return null;
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
