/**
 * Makes a task's worktree, finds it again, or rebuilds it. Each step can be repeated after a kill:
 * what is there decides what follows (docs/decisions/0021).
 */
import { existsSync, mkdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { messageOf } from "../domain/errors.ts";
import { plainLine } from "../domain/text/plain-text.ts";
import type { WorktreeOrder } from "../domain/workspace/worktree-order.ts";
import { failpoint } from "../processes/failpoint.ts";
import { Git } from "./git.ts";
import type { GitCall } from "./git.ts";
import { GitProblem } from "./git-problem.ts";
import type { GitProgram } from "./git-program.ts";
import { branchLock, deleteBranch, makeBranch, tipOf } from "./own-branch.ts";
import { despiteOwnLock } from "./own-lock.ts";
import type { BranchOrder, OwnBranch } from "./own-branch.ts";
import { lockRepository } from "./repository-lock.ts";
import { worktreeFacts } from "./worktree-facts.ts";

/** Others hold the lock for as long as git needs to write a few files. */
const lockMs = 300_000;
/** A large repository, and filters that fetch files, take their time. */
const checkoutMs = 1_800_000;

export interface PreparedWorktree {
  /** `found`: it was there. `made`: it is new. `rebuilt`: it had vanished. */
  readonly how: "found" | "made" | "rebuilt";
  /** Null: HEAD is detached. */
  readonly branch: string | null;
  readonly head: string;
  /** Whether its files are those of `order.files`. */
  readonly hasFiles: boolean;
}

/**
 * Makes sure that the worktree is there. A worktree that cannot be made leaves nothing behind.
 * @throws GitProblem `lost`: it vanished and cannot be rebuilt, or something else lies in its
 * place; and others.
 */
export async function prepareWorktree(program: GitProgram, order: WorktreeOrder, signal?: AbortSignal): Promise<PreparedWorktree> {
  const work = new WorktreeWork(program, order, signal);
  if (order.isShared) return await work.share();
  return order.state === "creating" ? await work.make() : await work.find();
}

/**
 * Waits until no other task makes a shared worktree, or sets it up.
 * @returns a function that lets the next one in. @throws GitProblem `too_slow`, `stopped`.
 */
export async function enterSharedWorktree({ path: place }: WorktreeOrder, signal?: AbortSignal): Promise<() => void> {
  return await lockRepository(`${place}.lock`, checkoutMs, signal);
}

/** There while a shared worktree is set up since it was made. */
export function setUpMark({ path: place }: Pick<WorktreeOrder, "path">): string {
  return `${place}.set-up`;
}

class WorktreeWork {
  readonly #order: WorktreeOrder;
  readonly #signal: AbortSignal | undefined;
  /** Git in the repository itself: no work tree of it need be there. */
  readonly #git: Git;
  readonly #call: GitCall;
  /** Git in the worktree. */
  readonly #inside: Git;
  /** Whether what lies at the worktree's place is of this call. */
  #hasAdded = false;

  constructor(program: GitProgram, order: WorktreeOrder, signal: AbortSignal | undefined) {
    this.#order = order;
    this.#signal = signal;
    this.#git = new Git(program, order.repository, signal);
    this.#call = { env: { GIT_DIR: order.repository } };
    this.#inside = new Git(program, order.path, signal);
  }

  async make(): Promise<PreparedWorktree> {
    const { files } = this.#order;
    this.#requireRepository("failed");
    let branch: OwnBranch | null = null;
    try {
      await this.#locked(async () => {
        this.#discard();
        makePrivate(path.dirname(this.#order.path));
        branch = await makeBranch(this.#git, this.#call, this.#branchOrder());
        failpoint("worktree.branch");
        this.#hasAdded = true;
        await this.#add(branch.name);
        failpoint("worktree.added");
      });
      const name = (branch as OwnBranch | null)?.name ?? null;
      const head = await this.#checkout();
      failpoint("worktree.files");
      if (files !== null) await this.#restore(files.commit);
      return { how: "made", branch: name, head, hasFiles: files !== null };
    } catch (error) {
      await this.#undo(branch);
      throw error;
    }
  }

  /**
   * Makes a shared worktree, or finds it. The caller has entered it. What lies there may be the
   * work of another task, unless a mark says that it was never made to its end.
   */
  async share(): Promise<PreparedWorktree> {
    const { path: place, repository, state } = this.#order;
    this.#requireRepository(state === "creating" ? "failed" : "lost");
    if (existsSync(this.#unfinished)) this.#discard();
    const { place: found } = worktreeFacts(place, repository);
    if (found !== "none" || state !== "creating") return await this.find();
    makePrivate(path.dirname(place));
    writeFileSync(this.#unfinished, "");
    const made = await this.make();
    rmSync(this.#unfinished);
    return made;
  }

  async find(): Promise<PreparedWorktree> {
    this.#requireRepository("lost");
    const { path: place, repository } = this.#order;
    if (existsSync(this.#unfinished)) this.#discard();
    const facts = worktreeFacts(place, repository);
    if (facts.place === "worktree") return { how: "found", ...(await this.#headInside()), hasFiles: true };
    if (facts.place === "other")
      throw new GitProblem(
        "lost",
        `Something else than the task's worktree lies at ${plainLine(place, 1000)}. Move it away, then retry the task.`,
      );
    return await this.#rebuild();
  }

  /** There while the worktree is rebuilt: no agent has worked there since. */
  get #unfinished(): string {
    return `${this.#order.path}.unfinished`;
  }

  /** Makes the worktree again, with the files of its last snapshot. */
  async #rebuild(): Promise<PreparedWorktree> {
    const { path: place, repository, branch, files } = this.#order;
    await this.#locked(async () => {
      const { entry } = worktreeFacts(place, repository);
      if (entry !== null) rmSync(entry, { recursive: true, force: true });
      makePrivate(path.dirname(place));
      writeFileSync(this.#unfinished, "");
      await this.#add(await this.#lastPlace());
    });
    failpoint("worktree.added");
    const head = await this.#checkout();
    failpoint("worktree.files");
    // Newer commits than the snapshot would look as if they were taken back.
    const hasFiles = files !== null && files.head === head;
    if (hasFiles) await this.#restore(files.commit);
    rmSync(this.#unfinished);
    return { how: "rebuilt", branch, head, hasFiles };
  }

  /** The branch or commit that the worktree was on. A branch that is gone begins again there. */
  async #lastPlace(): Promise<string> {
    const { branch, files, baseCommit } = this.#order;
    const commit = files?.head ?? baseCommit;
    if (branch === null) return commit;
    if ((await tipOf(this.#git, this.#call, branch)) !== null) return branch;
    return (await makeBranch(this.#git, this.#call, { ...this.#branchOrder(), branch, isNamed: true, baseCommit: commit })).name;
  }

  async #add(place: string): Promise<void> {
    const detach = this.#order.branch === null ? ["--detach"] : [];
    const args = ["worktree", "add", "--lock", "--no-checkout", ...detach, "--", this.#order.path, place];
    await this.#git.run(args, { ...this.#call, use: "write", isPlain: true });
  }

  /** @returns the commit of HEAD. */
  async #checkout(): Promise<string> {
    const { repository } = this.#order;
    const { branch } = await this.#headInside();
    const reset = async (): Promise<unknown> =>
      await this.#inside.run(["reset", "--hard", "--quiet"], { use: "checkout", timeoutMs: checkoutMs });
    // No agent works there yet.
    await (branch === null ? reset() : despiteOwnLock(branchLock(repository, branch), reset));
    return (await this.#headInside()).head;
  }

  /** Makes the files those of the snapshot; index and HEAD stay. */
  async #restore(commit: string): Promise<void> {
    const tree = await this.#inside.text(["rev-parse", "--verify", "HEAD^{tree}"], { isPlain: true });
    // Git refuses to restore nothing.
    if (tree === (await this.#inside.text(["rev-parse", "--verify", `${commit}^{tree}`], { isPlain: true }))) return;
    const args = ["restore", `--source=${commit}`, "--worktree", "--no-overlay", "--quiet", "--", ":/"];
    await this.#inside.again().run(args, { use: "checkout", timeoutMs: checkoutMs });
  }

  async #headInside(): Promise<{ branch: string | null; head: string }> {
    const head = await this.#inside.text(["rev-parse", "--verify", "HEAD^{commit}"], { isPlain: true });
    const branch = await this.#inside.find(["symbolic-ref", "--quiet", "--short", "HEAD"], { isPlain: true });
    return { branch, head };
  }

  /** Moves what an earlier try has left into the trash. No agent has worked there. */
  #discard(): void {
    const { path: place, repository, trash } = this.#order;
    const facts = worktreeFacts(place, repository);
    if (facts.place !== "none") {
      makePrivate(trash);
      renameSync(place, path.join(trash, `${path.basename(place)}-half-made-${Date.now()}`));
    }
    if (facts.entry !== null) rmSync(facts.entry, { recursive: true, force: true });
  }

  /** Removes what this call has made, as far as that is possible. */
  async #undo(branch: OwnBranch | null): Promise<void> {
    const { path: place, repository } = this.#order;
    try {
      const { entry } = worktreeFacts(place, repository);
      if (this.#hasAdded) rmSync(place, { recursive: true, force: true });
      if (this.#hasAdded && entry !== null) rmSync(entry, { recursive: true, force: true });
      // The signal may have ended the others.
      if (branch !== null) await deleteBranch(this.#git.again(new AbortController().signal), this.#call, branch.name, this.#branchOrder());
      rmdirSync(path.dirname(place));
    } catch (error) {
      // Other worktrees may be there, and a full disk may stand in the way: the next try finds it.
      void messageOf(error);
    }
  }

  async #locked(work: () => Promise<void>): Promise<void> {
    const release = await lockRepository(this.#order.lock, lockMs, this.#signal);
    try {
      await work();
    } finally {
      release();
    }
  }

  #branchOrder(): BranchOrder {
    const { repository, branch, isNamed, baseCommit, mark } = this.#order;
    return { repository, branch: branch ?? "", isNamed, baseCommit, mark };
  }

  #requireRepository(kind: "failed" | "lost"): void {
    const { repository } = this.#order;
    if (existsSync(path.join(repository, "HEAD"))) return;
    throw new GitProblem(kind, `The repository of the task's worktree is gone: ${plainLine(repository, 1000)}.`);
  }
}

/** Makes a directory that only this user may enter. Its parent is ours. */
function makePrivate(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
}
