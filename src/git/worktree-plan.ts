/** Checks, without a change, what a task's worktree would be made of. */
import { plainLine } from "../domain/text/plain-text.ts";
import type { Git } from "./git.ts";
import { GitProblem } from "./git-problem.ts";
import { commitOf, openRepository } from "./repository.ts";
import type { Repository } from "./repository.ts";

/** What a worktree is asked to be. */
export interface WorktreeWish {
  /** What it begins with: a branch, a tag, a commit; null: HEAD. */
  readonly base: string | null;
  /** The name of its new branch; null: Claude Worker chooses. */
  readonly branch: string | null;
}

export interface WorktreePlan {
  /** The common git directory. */
  readonly repository: string;
  /** The directory below the top of the work tree in which the task works. */
  readonly prefix: string;
  readonly baseCommit: string;
  readonly branch: string | null;
}

/** Which part of a submit a problem is about. */
export type PlanPart = "directory" | "base" | "branch";

export class PlanProblem extends Error {
  readonly part: PlanPart;

  /** @param message one sentence says what happened, one says what to do. */
  constructor(part: PlanPart, message: string) {
    super(message);
    this.name = "PlanProblem";
    this.part = part;
  }
}

/**
 * @param git in the directory of the task, which is a real path.
 * @throws PlanProblem.
 */
export async function planWorktree(git: Git, { base, branch }: WorktreeWish): Promise<WorktreePlan> {
  const repository = await requireRepository(git);
  const baseCommit = await requireBase(repository, base);
  await requireDirectory(repository, baseCommit);
  await requireBranch(repository, branch);
  return { repository: repository.commonDirectory, prefix: repository.prefix, baseCommit, branch };
}

async function requireRepository(git: Git): Promise<Repository> {
  try {
    return await openRepository(git);
  } catch (error) {
    throw error instanceof GitProblem ? new PlanProblem("directory", error.message) : error;
  }
}

async function requireBase(repository: Repository, base: string | null): Promise<string> {
  const commit = await commitOf(repository, base ?? "HEAD");
  if (commit !== null) return commit;
  const place = plainLine(repository.top, 1000);
  if (base === null)
    throw new PlanProblem(
      "directory",
      `The repository ${place} has no commit yet, so there is nothing to begin a worktree with. Commit once.`,
    );
  throw new PlanProblem(
    "base",
    `${plainLine(base)} is not a commit, branch or tag of the repository ${place}. See its branches: git branch --all`,
  );
}

async function requireDirectory({ git, prefix }: Repository, baseCommit: string): Promise<void> {
  if (prefix === "") return;
  const kind = await typeOf(git, `${baseCommit}:${prefix}`);
  if (kind === "tree") return;
  const where = `the commit ${baseCommit.slice(0, 12)} that the worktree would begin with`;
  throw new PlanProblem(
    "directory",
    `The directory ${plainLine(prefix, 1000)} is not in ${where}. Commit it, or name another base (--base).`,
  );
}

async function requireBranch({ git }: Repository, branch: string | null): Promise<void> {
  const exists = async (name: string): Promise<boolean> =>
    (await git.find(["rev-parse", "--verify", "--quiet", `refs/heads/${name}`], { isPlain: true })) !== null;
  if (branch === null) {
    if (!(await exists("cw"))) return;
    throw new PlanProblem("branch", "A branch with the name cw exists, so none can be called cw/…. Name the task's branch: --branch NAME");
  }
  if (!(await isBranchName(git, branch)))
    throw new PlanProblem("branch", `${plainLine(branch)} is not a name for a branch. Take letters, digits, hyphens and slashes.`);
  // Git would make `refs/heads/refs/heads/main`.
  if (branch.startsWith("refs/")) {
    const name = branch.replace(/^refs\/(heads\/)?/, "");
    throw new PlanProblem("branch", `${plainLine(branch)} is a place in the repository. Give the branch's name alone: ${plainLine(name)}`);
  }
  if (await exists(branch))
    throw new PlanProblem("branch", `The branch ${plainLine(branch)} exists. Name another one, or leave the name to Claude Worker.`);
  // Git keeps branches like files in directories, so that `a` and `a/b` cannot both be there.
  const parts = branch.split("/");
  for (const above of parts.slice(1).map((_, at) => parts.slice(0, at + 1).join("/")))
    if (await exists(above))
      throw new PlanProblem(
        "branch",
        `A branch with the name ${plainLine(above)} exists, so none can be called ${plainLine(branch)}. Name another one.`,
      );
  const below = await git.text(["for-each-ref", "--count=1", "--format=%(refname)", `refs/heads/${branch}/`], { isPlain: true });
  if (below !== "")
    throw new PlanProblem(
      "branch",
      `The branch ${plainLine(below.slice("refs/heads/".length))} exists, so none can be called ${plainLine(branch)}. Name another one.`,
    );
}

/** Git also expands shorthands like `@{-1}`, which are not names. */
async function isBranchName(git: Git, branch: string): Promise<boolean> {
  try {
    return (await git.text(["check-ref-format", "--branch", branch], { isPlain: true })) === branch;
  } catch (error) {
    if (error instanceof GitProblem && error.exitCode !== null) return false;
    throw error;
  }
}

async function typeOf(git: Git, object: string): Promise<string | null> {
  try {
    return await git.text(["cat-file", "-t", object], { isPlain: true });
  } catch (error) {
    if (error instanceof GitProblem && error.exitCode !== null) return null;
    throw error;
  }
}
