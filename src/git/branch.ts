/** A local branch: where it is, who has it checked out, and how it moves where nothing has. */
import { existsSync } from "node:fs";
import path from "node:path";
import { plainLine } from "../domain/text/plain-text.ts";
import { failpoint } from "../processes/failpoint.ts";
import { TargetMoved } from "./checkout.ts";
import { GitProblem } from "./git-problem.ts";
import type { Objects } from "./objects.ts";

/** @returns its commit. @throws GitProblem: the repository has no such branch. */
export async function tipOfBranch(objects: Objects, branch: string): Promise<string> {
  const tip = await objects.find(["rev-parse", "--verify", "--quiet", "--end-of-options", `refs/heads/${branch}^{commit}`]);
  if (tip !== null && !branch.startsWith("-")) return tip;
  throw new GitProblem("failed", `There is no branch ${plainLine(branch, 200)}. See the branches: git branch`);
}

/**
 * The top of the work tree that has the branch checked out; null: none has. A worktree that was
 * deleted without git counts as none. @throws GitProblem: it is locked, so that it may come back.
 */
export async function checkoutOfBranch(objects: Objects, branch: string): Promise<string | null> {
  // Old versions of git know no -z here.
  const text = (await objects.run(["worktree", "list", "--porcelain"])).toString("utf8");
  const found = text.split(/\n\n(?=worktree )/).find((entry) => `${entry}\n`.includes(`\nbranch refs/heads/${branch}\n`));
  const place = /^worktree ([\s\S]*?)\nHEAD /.exec(found ?? "")?.[1];
  if (place === undefined) return null;
  if (existsSync(place)) return path.resolve(place);
  if (!/\nlocked/.test(found ?? "")) return null;
  throw new GitProblem(
    "failed",
    `The worktree ${plainLine(place, 1000)} has the branch ${plainLine(branch, 200)}, and is not there. Bring it back, or forget it: git worktree unlock, git worktree prune`,
  );
}

/** Moves a branch that is checked out nowhere. @throws TargetMoved, GitProblem. */
export async function moveBranch(
  objects: Objects,
  branch: string,
  { from, to, why }: { readonly from: string; readonly to: string; readonly why: string },
): Promise<void> {
  try {
    await objects.run(["update-ref", "-m", why, `refs/heads/${branch}`, to, from], { use: "write" });
  } catch (error) {
    if ((await tipOfBranch(objects, branch)) !== from) throw new TargetMoved();
    throw error;
  }
  failpoint("land.moved");
}
