/**
 * The checkout of a person, into which work is applied: whether it can take changes, and how it
 * takes them. It is changed only when the result is known.
 */
import { plainLine } from "../domain/text/plain-text.ts";
import { failpoint } from "../processes/failpoint.ts";
import { nameOf, readStatus, statusArguments } from "./changed-files.ts";
import { GitProblem } from "./git-problem.ts";
import { unchangedLfsFiles } from "./lfs-files.ts";
import { requireRoom, takeBack } from "./move-plan.ts";
import type { MovePlan } from "./move-plan.ts";
import type { Repository } from "./repository.ts";
import { openCommand } from "./unfinished-work.ts";

const timeoutMs = 600_000;
const shownNames = 10;

export interface CheckoutState {
  readonly branch: string;
  readonly head: string;
}

/** Where it stands, with changes or not; null: on no branch, or no commit. @throws GitProblem. */
export async function stateOf({ git }: Repository): Promise<CheckoutState | null> {
  const branch = await git.find(["symbolic-ref", "--quiet", "--short", "HEAD"], { isPlain: true });
  const head = await headOf(git);
  return branch === null || head === null ? null : { branch, head };
}

/** @throws GitProblem: it cannot take changes now. */
export async function requireClean(repository: Repository): Promise<CheckoutState> {
  const { git, top } = repository;
  const place = plainLine(top, 1000);
  const open = openCommand(repository);
  if (open !== null) throw new GitProblem("failed", `In ${place} ${open} is not finished. Finish or abort it first.`);
  const state = readStatus(await git.run([...statusArguments, "--"], { timeoutMs }));
  const { branch, head } = state;
  if (branch === null) throw new GitProblem("failed", `HEAD of ${place} is detached. Check a branch out first: git switch NAME`);
  if (head === null) throw new GitProblem("no_commits", `The branch ${branch} of ${place} has no commit yet. Commit once.`);
  const isStaged = (await git.find(["diff-index", "--cached", "--quiet", "HEAD", "--"], { timeoutMs })) === null;
  const differing = state.changed.map(({ path: each }) => each);
  const unchanged = await unchangedLfsFiles(git, top, differing, state);
  const names = differing.filter((each) => !unchanged.has(each)).map(nameOf);
  if (!isStaged && names.length === 0) return { branch, head };
  const which = names.length === 0 ? "" : `: ${names.slice(0, shownNames).join(", ")}${names.length > shownNames ? " …" : ""}`;
  throw new GitProblem("failed", `${place} has changes that are not committed${which}. Commit or stash them first.`);
}

export interface Move {
  readonly commit: string;
  readonly plan: MovePlan;
  /** Where an index of ours may lie for the moment. */
  readonly index: string;
}

/**
 * Moves the branch forward to the commit, with the files. Overwrites no untracked or ignored file.
 * @throws GitProblem: nothing was changed, or the sentence says that it was.
 */
export async function moveForward(repository: Repository, state: CheckoutState, { commit, plan, index }: Move): Promise<void> {
  const { git } = repository;
  const { head } = state;
  const settings = [
    ["merge.verifySignatures", "false"],
    ["merge.autoStash", "false"],
    ["merge.ff", "true"],
  ] as const;
  if ((await headOf(git)) !== head) throw new TargetMoved();
  await requireRoom(repository, plan);
  const args = ["merge", "--ff-only", "--no-overwrite-ignore", "--no-stat", "--quiet", commit];
  try {
    await git.again().run(args, { use: "checkout", settings, timeoutMs });
  } catch (error) {
    if (await isFinished(repository, state, commit)) return;
    // Git writes file by file, and leaves those that it has written where it fails.
    if (await isAt(repository, state, head)) {
      const isClean = await takeBack(repository, plan, index).catch(() => false);
      if (!isClean && error instanceof GitProblem)
        throw new GitProblem(error.kind, `${error.message} Files of ${plainLine(repository.top, 1000)} are half written. Look: git status`);
    }
    throw error;
  }
  failpoint("apply.moved");
}

/**
 * Whether a git that was ended had brought the files and the index to the commit. Then the branch
 * follows, if it has not. @throws GitProblem.
 */
async function isFinished(repository: Repository, state: CheckoutState, commit: string): Promise<boolean> {
  const git = repository.git.again();
  const isIndexed = (await git.find(["diff-index", "--cached", "--quiet", commit, "--"], { timeoutMs })) !== null;
  if (!isIndexed || (await git.find(["diff-files", "--quiet", "--"], { timeoutMs })) === null) return false;
  if ((await headOf(git)) === state.head) {
    try {
      await git.run(["update-ref", "-m", "claude-worker: apply", "HEAD", commit, state.head], { use: "write", isPlain: true });
    } catch (error) {
      // The killed git has left its lock on HEAD: then files and index go back.
      await git.again().run(["read-tree", "-m", "-u", commit, state.head], { use: "checkout", timeoutMs });
      throw error;
    }
  }
  return await isAt({ ...repository, git }, state, commit);
}

/** Whether the checkout's branch and index are at the commit. @throws GitProblem. */
export async function isAt({ git }: Repository, { branch }: CheckoutState, commit: string): Promise<boolean> {
  const isIndexed = (await git.find(["diff-index", "--cached", "--quiet", commit, "--"], { timeoutMs })) !== null;
  const now = await git.find(["symbolic-ref", "--quiet", "--short", "HEAD"], { isPlain: true });
  return isIndexed && now === branch && (await headOf(git)) === commit;
}

/** The branch has moved since it was looked at. */
export class TargetMoved extends Error {}

async function headOf(git: Repository["git"]): Promise<string | null> {
  return await git.find(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], { isPlain: true });
}
