/**
 * Looks what only the repositories inside of a work tree have: submodules, and clones that a task
 * made. A snapshot records no more than their commit.
 */
import { lstatSync } from "node:fs";
import path from "node:path";
import { nameOf, readStatus, statusArguments } from "./changed-files.ts";
import type { BytePath } from "./changed-files.ts";
import type { Git, GitCall } from "./git.ts";
import { openRepository } from "./repository.ts";

const timeoutMs = 60_000;
/** Repositories in repositories. */
const maxDepth = 10;

/**
 * Names the repositories with files or commits that no remote of theirs has. One that cannot be
 * read is named, too.
 * @param git at the top of the work tree.
 * @param places where the repositories are recorded, relative to the top.
 */
export async function unsafeRepositories(git: Git, places: readonly BytePath[], depth = 1): Promise<string[]> {
  const found: string[] = [];
  for (const place of places) {
    const directory = path.join(git.directory, nameOf(place));
    // A submodule that was not fetched is an empty directory.
    if (lstatSync(path.join(directory, ".git"), { throwIfNoEntry: false }) === undefined) continue;
    if (depth > maxDepth || !(await isSafe(git.in(directory), depth))) found.push(`${nameOf(place)}/`);
  }
  return found;
}

/** Where an index records repositories. @throws GitProblem. */
export async function recordedRepositories(git: Git, call: GitCall = {}): Promise<BytePath[]> {
  const entries = (await git.run(["ls-files", "--stage", "-z"], { timeoutMs, ...call })).toString("latin1").split("\0");
  return entries.filter((entry) => entry.startsWith("160000 ")).map((entry) => entry.slice(entry.indexOf("\t") + 1));
}

async function isSafe(git: Git, depth: number): Promise<boolean> {
  try {
    const { top } = await openRepository(git);
    // A broken one is passed over, and the repository around it is found.
    if (top !== git.directory) return false;
    const state = readStatus(await git.run([...statusArguments, "--"], { timeoutMs }));
    if (state.isDirty || state.head === null || (await hasOwnCommits(git))) return false;
    return (await unsafeRepositories(git, await recordedRepositories(git), depth + 1)).length === 0;
  } catch {
    return false;
  }
}

async function hasOwnCommits(git: Git): Promise<boolean> {
  const tips = ["HEAD", "--branches", "--glob=refs/stash*", "--not", "--remotes"];
  return (await git.text(["rev-list", "--max-count=1", ...tips], { isPlain: true, timeoutMs })) !== "";
}
