/**
 * Moves worktrees into the trash, brings them back, and deletes them. Each step is a rename under
 * the repository's lock and can be repeated after a kill. Git keeps its entry of a worktree in the
 * trash, with its index, so that it comes back as it was.
 */
import { existsSync, mkdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import path from "node:path";
import { plainLine } from "../domain/text/plain-text.ts";
import { failpoint } from "../processes/failpoint.ts";
import { Git } from "./git.ts";
import { GitProblem } from "./git-problem.ts";
import type { GitProgram } from "./git-program.ts";
import { despiteOwnLock } from "./own-lock.ts";
import { tipOf } from "./own-branch.ts";
import { lockRepository } from "./repository-lock.ts";
import { worktreeFacts } from "./worktree-facts.ts";

const lockMs = 60_000;

export interface TrashOrder {
  /** Where the worktree lies when it is in use. */
  readonly path: string;
  readonly repository: string;
  readonly branch: string | null;
  /** Directory of the lock for the repository. */
  readonly lock: string;
  /** Where it lies in the trash. */
  readonly trash: string;
}

/**
 * Moves a worktree into the trash. Its HEAD is detached, so that its branch can be used and deleted
 * meanwhile. @throws GitProblem: nothing was moved.
 */
export async function moveToTrash(program: GitProgram, order: TrashOrder): Promise<void> {
  await locked(order, async () => {
    const { path: place, repository, trash } = order;
    const { place: kind, entry } = worktreeFacts(place, repository);
    if (kind === "none" && existsSync(trash)) return;
    if (kind !== "worktree") throw new GitProblem("failed", `The worktree is not at ${plainLine(place, 1000)}.`);
    mkdirSync(path.dirname(trash), { recursive: true, mode: 0o700 });
    const git = new Git(program, place);
    const head = await git.text(["rev-parse", "--verify", "HEAD^{commit}"], { isPlain: true });
    const detach = async (): Promise<unknown> => await git.run(["update-ref", "--no-deref", "HEAD", head], { use: "write", isPlain: true });
    // No process works there: that is looked at before.
    await despiteOwnLock(path.join(entry ?? place, "HEAD.lock"), detach);
    failpoint("trash.detached");
    renameSync(place, trash);
    failpoint("trash.moved");
    removeEmpty(path.dirname(place));
  });
}

/**
 * Brings a worktree back.
 * @returns the branch that it is on; null: HEAD is detached, because its branch is elsewhere now.
 * @throws GitProblem: something else lies in its place, or git does not know it any more.
 */
export async function takeFromTrash(program: GitProgram, order: TrashOrder): Promise<string | null> {
  return await locked(order, async () => {
    const { path: place, repository, trash, branch } = order;
    const { place: kind, entry } = worktreeFacts(place, repository);
    if (kind === "other") throw new GitProblem("failed", `Something else lies at ${plainLine(place, 1000)}. Move it away, then try again.`);
    if (kind === "none") {
      if (!existsSync(trash)) throw new GitProblem("lost", `The worktree is not in the trash any more: ${plainLine(trash, 1000)}.`);
      if (entry === null)
        throw new GitProblem("failed", `The repository does not know the worktree any more. Its files are in ${plainLine(trash, 1000)}.`);
      mkdirSync(path.dirname(place), { recursive: true, mode: 0o700 });
      renameSync(trash, place);
    }
    if (branch === null) return null;
    const lock = path.join(entry ?? place, "HEAD.lock");
    return await despiteOwnLock(lock, async () => await attach(new Git(program, place), branch));
  });
}

/** Deletes a worktree in the trash, and git's entry of it. */
export async function deleteTrashed(order: TrashOrder): Promise<void> {
  await locked(order, async () => {
    const { path: place, repository, trash } = order;
    rmSync(trash, { recursive: true, force: true });
    // Beside a worktree that tasks shared.
    for (const beside of [`${place}.set-up`, `${place}.lock`]) rmSync(beside, { recursive: true, force: true });
    const { place: kind, entry } = worktreeFacts(place, repository);
    if (kind === "none" && entry !== null) rmSync(entry, { recursive: true, force: true });
    await Promise.resolve();
  });
}

/** Puts HEAD on the branch, where that changes no file. */
async function attach(git: Git, branch: string): Promise<string | null> {
  const head = await git.text(["rev-parse", "--verify", "HEAD^{commit}"], { isPlain: true });
  const write = { use: "write", isPlain: true } as const;
  const tip = await tipOf(git, {}, branch);
  if (tip === null) await git.run(["update-ref", "-z", "--stdin"], { ...write, input: `create refs/heads/${branch}\0${head}\0` });
  else if (tip !== head) return null;
  await git.run(["symbolic-ref", "HEAD", `refs/heads/${branch}`], write);
  return branch;
}

async function locked<T>({ lock }: TrashOrder, work: () => Promise<T>): Promise<T> {
  const release = await lockRepository(lock, lockMs);
  try {
    return await work();
  } finally {
    release();
  }
}

function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // Other worktrees, or the lock, are there.
  }
}
