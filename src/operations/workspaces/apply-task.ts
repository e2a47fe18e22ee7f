/**
 * Applies the work of a task to the checkout: computes the result beside it, and only then moves
 * the checkout's branch forward, or writes the files. Checks afterwards that it is there.
 */
import { dirname, join } from "node:path";
import { ownPaths, snapshotIndexPath } from "../../config/paths.ts";
import type { Caller } from "../../contract/caller.ts";
import type { ApplyInput } from "../../contract/operations/workspaces.ts";
import type { ApplyView } from "../../contract/views/workspace.ts";
import { WorkerError } from "../../domain/errors.ts";
import { isTerminal } from "../../domain/task/task.ts";
import type { Task } from "../../domain/task/task.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import type { Apply } from "../../domain/workspace/apply.ts";
import type { Checkpoint } from "../../domain/workspace/workspace.ts";
import { isAt, moveForward, requireClean, stateOf, TargetMoved } from "../../git/checkout.ts";
import type { CheckoutState } from "../../git/checkout.ts";
import { changedFilesBetween } from "../../git/changed-paths.ts";
import { nameOf } from "../../git/changed-files.ts";
import type { BytePath } from "../../git/changed-files.ts";
import { hiddenFiles } from "../../git/differing-files.ts";
import { Git } from "../../git/git.ts";
import { GitProblem } from "../../git/git-problem.ts";
import { Objects } from "../../git/objects.ts";
import { planMove } from "../../git/move-plan.ts";
import type { MovePlan } from "../../git/move-plan.ts";
import { filesOf, pathsBetween } from "../../git/path-list.ts";
import { PrivateIndex } from "../../git/private-index.ts";
import { lookAtPlan, obstacleProblem, putBack } from "../../git/put-back.ts";
import { openRepository, pathBelow } from "../../git/repository.ts";
import type { Repository } from "../../git/repository.ts";
import { lockRepository } from "../../git/repository-lock.ts";
import { presentTree, snapshotLimits } from "../../git/snapshot.ts";
import { computeApply, WorkConflict } from "../../git/scratch-tree.ts";
import type { AppliedWork } from "../../git/scratch-tree.ts";
import { unfinishedWork } from "../../git/unfinished-work.ts";
import { doneBy } from "../rights/audit.ts";
import { isAgent } from "../rights/guard-agent.ts";
import { requireTask } from "../tasks/require-task.ts";
import { requireTrust } from "../tasks/working-directory.ts";
import { gitAnswer } from "./git-answer.ts";
import { worktreeOf } from "./losses.ts";
import type { Worktree } from "./losses.ts";
import { openWorkspace, snapshotNow } from "./present-files.ts";
import type { PutBackContext } from "./put-back-files.ts";
import { leftOutView } from "./workspace-view.ts";

/** Another apply to the same repository has its turn first. */
const lockMs = 300_000;
/** The target may move while the result is computed. */
const maxTries = 3;
const lookMs = 120_000;

/**
 * @throws WorkerError not_found, forbidden (an agent), untrusted_directory; conflict: the task has
 * not ended or works in place, the checkout has changes, or the work does not fit. Then nothing of
 * the checkout was changed.
 */
export async function applyTask(context: PutBackContext, id: number, input: ApplyInput, caller: Caller): Promise<ApplyView> {
  if (isAgent(caller)) throw new WorkerError("forbidden", "Agents do not apply work. Ask the user to do it.");
  return await context.gate.with(id, "its work is applied", async () => {
    const task = requireTask(context.store, id);
    const worktree = requireApplicable(context, task);
    return await gitAnswer(async () => {
      const release = await lockRepository(join(dirname(worktree.path), ".apply-lock"), lockMs);
      try {
        return await new Applying(context, task, worktree, input, caller).run();
      } finally {
        release();
      }
    });
  });
}

/** @throws WorkerError conflict, untrusted_directory. */
function requireApplicable({ store, claudeCodeTrust }: PutBackContext, { id, status, workingDirectory }: Task): Worktree {
  if (!isTerminal(status)) throw new WorkerError("conflict", `Task ${id} has not ended. Wait for its end: claude-worker wait ${id}`);
  const worktree = worktreeOf(store, id);
  if (worktree === null)
    throw new WorkerError("conflict", `Task ${id} works in place: what it changed is in ${plainLine(workingDirectory, 1000)}.`);
  requireTrust(workingDirectory, store.trust, claudeCodeTrust);
  if (store.checkpoints.last(id) === null) throw new WorkerError("conflict", `There is no snapshot of the files of task ${id}.`);
  return worktree;
}

class Applying {
  readonly #context: PutBackContext;
  readonly #task: Task;
  readonly #worktree: Worktree;
  readonly #input: ApplyInput;
  readonly #caller: Caller;

  constructor(context: PutBackContext, task: Task, worktree: Worktree, input: ApplyInput, caller: Caller) {
    this.#context = context;
    this.#task = task;
    this.#worktree = worktree;
    this.#input = input;
    this.#caller = caller;
  }

  async run(): Promise<ApplyView> {
    const last = await this.#present();
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#once(last);
      } catch (error) {
        if (!(error instanceof TargetMoved)) return await this.#patchedBefore(last, error);
        if (tries >= maxTries) throw new GitProblem("failed", "The checkout's branch moves all the time. Try again when it rests.");
      }
    }
  }

  async #once(last: Checkpoint): Promise<ApplyView> {
    const checkout = await this.#checkout();
    const state = await requireClean(checkout);
    const work = await this.#compute(last, state);
    if (work === null) return await this.#answer(last, state, null);
    const plan = await this.#plan(checkout, state, work.tree);
    if (this.#input.dry_run) return await this.#answer(last, state, work);
    if (work.commit === null) await this.#write(checkout, state, plan);
    else await moveForward(checkout, state, { commit: work.commit, plan, index: this.#index });
    // What is asked for is looked at, not believed.
    if (work.commit !== null && !(await isAt(checkout, state, work.commit)))
      throw new GitProblem("failed", `The work was applied, but ${plainLine(checkout.top, 1000)} is not at its result. Look: git status`);
    await this.#remember(last, state, work);
    return await this.#answer(last, state, work);
  }

  /** The newest files of the task, also those that were changed after its end. */
  async #present(): Promise<Checkpoint> {
    const { store } = this.#context;
    const last = store.checkpoints.last(this.#task.id);
    const { state } = this.#worktree;
    if (state === "trashed" || state === "gone") {
      if (last !== null) return last;
    }
    const repository = await openWorkspace(this.#context, this.#worktree);
    const unfinished = await unfinishedWork(repository, this.#task.id);
    if (unfinished !== null) {
      const advice = `Let the task finish it: claude-worker send ${this.#task.id} "Resolve the conflicts, finish what git waits for, and commit"`;
      throw new GitProblem("failed", `${unfinished.message} ${advice}`);
    }
    return await snapshotNow(this.#context, this.#worktree, repository, "restore");
  }

  async #checkout(): Promise<Repository> {
    const { store, git } = this.#context;
    const checkout = await openRepository(new Git(git, this.#task.workingDirectory));
    if (checkout.commonDirectory !== this.#worktree.repository)
      throw new GitProblem("failed", `${plainLine(checkout.top, 1000)} is not of the repository of task ${this.#task.id} any more.`);
    const [busy] = store.workspaces.busyAt(checkout.top);
    if (busy === undefined) return checkout;
    throw new GitProblem("failed", `Task ${busy} works in ${plainLine(checkout.top, 1000)}. Wait for its end: claude-worker wait ${busy}`);
  }

  async #compute({ commit: snapshot, head, tree }: Checkpoint, { head: onto, branch }: CheckoutState): Promise<AppliedWork | null> {
    const { way } = this.#input;
    const { git, store } = this.#context;
    const { id } = this.#task;
    const { repository, path, baseCommit } = this.#worktree;
    const objects = new Objects(git, repository);
    await objects.requireCommit(snapshot, `The last checkpoint of task ${id}`);
    const tip = head ?? baseCommit;
    if (way === "merge" || way === "rebase") await requireCommitted(objects, tip, tree, way);
    const applied = store.applies.last(id);
    try {
      return await computeApply(git, {
        way,
        repository,
        directory: dirname(path),
        onto,
        snapshot,
        applied: applied?.branch === branch && (await isThere(objects, applied, onto)) ? applied.snapshot : null,
        head: tip,
        base: baseCommit,
        message: this.#message(),
      });
    } catch (error) {
      if (!(error instanceof WorkConflict)) throw error;
      const advice = `Nothing was changed. Let the task fix it: claude-worker send ${id} "Rebase onto ${branch}, resolve the conflicts and commit"`;
      throw new GitProblem("failed", `Onto ${branch}: ${error.message} ${advice}`);
    }
  }

  /** Which files change. @throws GitProblem: an untracked or ignored file would be overwritten. */
  async #plan({ top }: Repository, { head }: CheckoutState, tree: string): Promise<MovePlan> {
    return await planMove(new Objects(this.#context.git, this.#worktree.repository), top, head, tree);
  }

  /** A patch that the files have already is in its own way. @throws the error, where it is not. */
  async #patchedBefore(last: Checkpoint, error: unknown): Promise<ApplyView> {
    const applied = this.#context.store.applies.last(this.#task.id);
    if (this.#input.way !== "patch" || applied?.way !== "patch" || applied.tree !== last.tree) throw error;
    const checkout = await this.#checkout();
    const state = await stateOf(checkout);
    if (state === null || state.branch !== applied.branch || state.head !== applied.onto) throw error;
    const work = await this.#compute(last, state);
    if (work === null || !(await this.#hasFiles(checkout, state, work.tree))) throw error;
    return await this.#answer(last, state, null);
  }

  /** Whether the files of the checkout are those of the tree, where the tree differs from HEAD. */
  async #hasFiles(checkout: Repository, { head }: CheckoutState, tree: string): Promise<boolean> {
    const { git, paths } = this.#context;
    const objects = new Objects(git, this.#worktree.repository);
    const index = new PrivateIndex(`${snapshotIndexPath(paths, this.#task.id)}.look`);
    try {
      const except = ownPaths(paths).flatMap((own) => pathBelow(own, checkout.top));
      const order = { repository: { ...checkout, git: checkout.git.again() }, index, except, limits: snapshotLimits, timeoutMs: lookMs };
      const [present, wanted] = [await filesOf(objects, (await presentTree(order)).tree), await filesOf(objects, tree)];
      const differs = (file: BytePath): boolean =>
        present.get(file)?.mode !== wanted.get(file)?.mode || present.get(file)?.blob !== wanted.get(file)?.blob;
      return !(await pathsBetween(objects, `${head}^{tree}`, tree)).some(differs);
    } finally {
      index.drop();
    }
  }

  /** Writes the files, without a commit. A person may have worked there meanwhile. */
  async #write(checkout: Repository, { branch, head }: CheckoutState, { forward: plan }: MovePlan): Promise<void> {
    const seen = lookAtPlan(checkout.top, plan);
    const now = await requireClean({ ...checkout, git: checkout.git.again() });
    if (now.branch !== branch || now.head !== head) throw new TargetMoved();
    // Git does not say whether these have changes.
    const changing = new Set([...plan.write.map(([file]) => nameOf(file)), ...plan.remove.map(nameOf)]);
    const hidden = (await hiddenFiles(checkout.git.again(), ["**"])).filter((file) => changing.has(file));
    if (hidden.length > 0) throw obstacleProblem(hidden.map((file) => Buffer.from(file).toString("latin1")));
    await putBack({ ...checkout, git: checkout.git.again() }, plan, this.#index, seen);
  }

  get #index(): string {
    return `${snapshotIndexPath(this.#context.paths, this.#task.id)}.apply`;
  }

  async #remember({ commit, tree }: Checkpoint, { branch, head }: CheckoutState, work: AppliedWork): Promise<void> {
    const { store, now } = this.#context;
    const { way } = this.#input;
    const { id: taskId } = this.#task;
    await store.write(() => {
      store.applies.insert({ taskId, way, branch, snapshot: commit, tree, onto: head, result: work.commit, at: now() });
      const data = { ...doneBy(this.#caller), way, branch, commit: work.commit, onto: head };
      store.events.append(taskId, null, [{ type: "applied", at: now(), data }], null);
    });
  }

  async #answer(last: Checkpoint, { branch, head }: CheckoutState, work: AppliedWork | null): Promise<ApplyView> {
    const { way, dry_run } = this.#input;
    const objects = new Objects(this.#context.git, this.#worktree.repository);
    const files = work === null ? [] : await changedFilesBetween(objects, `${head}^{tree}`, work.tree);
    const counts = {
      changed_files: files.length,
      insertions: files.reduce((sum, { lines }) => sum + (lines?.insertions ?? 0), 0),
      deletions: files.reduce((sum, { lines }) => sum + (lines?.deletions ?? 0), 0),
    };
    return {
      applied: work !== null && !dry_run,
      way,
      branch,
      onto: head,
      commit: work?.commit ?? null,
      checkpoint: last.number,
      ...leftOutView(last),
      ...counts,
      dry_run,
    };
  }

  #message(): string {
    const { id, name, title } = this.#task;
    const { message } = this.#input;
    return `${message ?? plainLine(name ?? title, 72)}\n\nClaude-Worker-Task: ${id}\n`;
  }
}

/** Only commits are merged. @throws GitProblem: there are files that are not committed. */
async function requireCommitted(objects: Objects, tip: string, tree: string, way: string): Promise<void> {
  const files = await pathsBetween(objects, `${tip}^{tree}`, tree);
  if (files.length === 0) return;
  const count = files.length === 1 ? "1 file" : `${files.length} files`;
  throw new GitProblem("failed", `The task has not committed ${count}, and --${way} takes commits only. Use --squash, which takes all.`);
}

/** Whether what was applied is in the target still; a patch is where its commit began. */
async function isThere(objects: Objects, { result }: Apply, onto: string): Promise<boolean> {
  return result !== null && (await objects.find(["merge-base", "--is-ancestor", result, onto])) !== null;
}
