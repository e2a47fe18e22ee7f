/** Makes the branch of a worktree. The first line of its reflog says that it is ours. */
import path from "node:path";
import { plainLine } from "../domain/text/plain-text.ts";
import type { Git, GitCall } from "./git.ts";
import { GitProblem } from "./git-problem.ts";
import { despiteOwnLock } from "./own-lock.ts";

/** So many names are tried where other programs have taken some. */
const maxNames = 20;

export interface BranchOrder {
  readonly repository: string;
  readonly branch: string;
  readonly isNamed: boolean;
  readonly baseCommit: string;
  readonly mark: string;
}

export interface OwnBranch {
  readonly name: string;
  /** Whether this call made it. */
  readonly isNew: boolean;
}

/**
 * Makes the branch at the base commit, or finds the one that an earlier call made.
 * @param call how git works with the repository.
 * @throws GitProblem: the branch that the caller named exists.
 */
export async function makeBranch(git: Git, call: GitCall, order: BranchOrder): Promise<OwnBranch> {
  for (let n = 1; n <= maxNames; n += 1) {
    const name = n === 1 ? order.branch : `${order.branch}-${n}`;
    const tip = await tipOf(git, call, name);
    if (tip === null) {
      await create(git, call, name, order);
      return { name, isNew: true };
    }
    if (tip === order.baseCommit && (await markOf(git, call, name)) === order.mark) return { name, isNew: false };
    if (order.isNamed)
      throw new GitProblem(
        "failed",
        `The branch ${plainLine(name)} exists. Name another one (--branch), or leave the name to Claude Worker.`,
      );
  }
  throw new GitProblem(
    "failed",
    `The branches ${plainLine(order.branch)}, ${plainLine(order.branch)}-2 … exist. Name another one: --branch.`,
  );
}

/** Deletes a branch that still is where `makeBranch` made it. @throws GitProblem. */
export async function deleteBranch(git: Git, call: GitCall, name: string, { repository, baseCommit }: BranchOrder): Promise<void> {
  await despiteOwnLock(branchLock(repository, name), async () => {
    await git.run(["update-ref", "-d", `refs/heads/${name}`, baseCommit], { ...call, use: "write", isPlain: true });
  });
}

/** The commit of a branch; null: there is none of this name. @throws GitProblem. */
export async function tipOf(git: Git, call: GitCall, name: string): Promise<string | null> {
  return await git.find(["rev-parse", "--verify", "--quiet", `refs/heads/${name}^{commit}`], { ...call, isPlain: true });
}

async function create(git: Git, call: GitCall, name: string, { repository, baseCommit, mark }: BranchOrder): Promise<void> {
  const args = ["update-ref", "-m", mark, "--create-reflog", "-z", "--stdin"];
  const make = async (): Promise<void> => {
    await git.run(args, { ...call, use: "write", isPlain: true, input: `create refs/heads/${name}\0${baseCommit}\0` });
  };
  await despiteOwnLock(branchLock(repository, name), make);
}

/** The first line of the branch's reflog. */
async function markOf(git: Git, call: GitCall, name: string): Promise<string | undefined> {
  const lines = await git.text(["reflog", "show", "--format=%gs", `refs/heads/${name}`, "--"], { ...call, isPlain: true });
  return lines.split("\n").at(-1);
}

/** The file that git makes while it changes a branch. */
export function branchLock(repository: string, name: string): string {
  return path.join(repository, "refs", "heads", `${name}.lock`);
}
