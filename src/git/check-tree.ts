/**
 * Checks one commit out in a worktree of its own, in which commands can run, and removes it again.
 * Filters run as in a checkout: what is checked is what a person would have.
 */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { Git } from "./git.ts";
import type { GitProgram } from "./git-program.ts";
import { includeFiles, includeLimits } from "./include-files.ts";
import { pathBelow } from "./repository.ts";
import { worktreeFacts } from "./worktree-facts.ts";

/** A large repository, and filters that fetch files, take their time. */
const checkoutMs = 1_800_000;
const name = "checked";

export interface CheckTree {
  /** The common git directory. */
  readonly repository: string;
  /** A directory of ours, of which nothing else makes use. */
  readonly directory: string;
  /** Paths that are never copied, e.g. our own data directory. */
  readonly ownPaths: readonly string[];
  /** The work tree whose ignored files are copied; null: none are. */
  readonly filesFrom: string | null;
}

/**
 * @param work gets the top of the worktree. @returns what it returns. @throws GitProblem.
 */
export async function inCheckTree<T>(program: GitProgram, tree: CheckTree, commit: string, work: (top: string) => Promise<T>): Promise<T> {
  const { repository, directory, ownPaths, filesFrom: from } = tree;
  removeCheckTree(tree);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const top = path.join(directory, name);
  try {
    const git = new Git(program, repository);
    const env = { GIT_DIR: repository };
    await git.run(["worktree", "add", "--detach", "--no-checkout", "--", top, commit], { use: "write", env, timeoutMs: checkoutMs });
    await new Git(program, top).run(["reset", "--hard", "--quiet"], { use: "checkout", timeoutMs: checkoutMs });
    if (from !== null) {
      const except = ownPaths.flatMap((own) => pathBelow(own, from));
      await includeFiles(new Git(program, from), { from, to: top, except, limits: includeLimits });
    }
    return await work(top);
  } finally {
    removeCheckTree(tree);
  }
}

/** Where the worktree lies in the directory. */
export function checkTop({ directory }: Pick<CheckTree, "directory">): string {
  return path.join(directory, name);
}

/** Also removes one that a kill has left. No person or agent works there. */
export function removeCheckTree({ repository, directory }: Pick<CheckTree, "repository" | "directory">): void {
  const top = path.join(directory, name);
  const { entry } = worktreeFacts(top, repository);
  rmSync(top, { recursive: true, force: true });
  if (entry !== null) rmSync(entry, { recursive: true, force: true });
  try {
    if (readdirSync(directory).length === 0) rmSync(directory, { recursive: true, force: true });
  } catch {
    // It is not there.
  }
}
