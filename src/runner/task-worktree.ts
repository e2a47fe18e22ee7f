/**
 * Prepares the task's worktree before Claude Code starts: makes it, or finds it again, and sets it
 * up. Notes each step in the journal.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import type { AgentWork } from "../agent/agent.ts";
import { messageOf } from "../domain/errors.ts";
import { startProblems } from "../domain/events/record.ts";
import type { RunnerNote } from "../domain/events/record.ts";
import type { WorktreeOrder } from "../domain/workspace/worktree-order.ts";
import { workspaceVariableNames } from "../domain/workspace/workspace-variables.ts";
import { GitProblem } from "../git/git-problem.ts";
import type { GitProgram } from "../git/git-program.ts";
import { removeWorktreeLocks } from "../git/own-lock.ts";
import { enterSharedWorktree, prepareWorktree, setUpMark } from "../git/worktree.ts";
import type { PreparedWorktree } from "../git/worktree.ts";
import { processesInside } from "../processes/processes-inside.ts";
import { WorktreeSetup } from "./worktree-setup.ts";
import type { WorktreeSetupOptions } from "./worktree-setup.ts";

export interface TaskWorktreeOptions extends Omit<WorktreeSetupOptions, "work" | "worktree" | "order" | "isUntouched" | "signal"> {
  readonly work: AgentWork;
  readonly program: GitProgram;
  readonly note: (note: RunnerNote) => void;
}

export class TaskWorktree {
  readonly #options: TaskWorktreeOptions;
  readonly #stopped = new AbortController();
  #setup: WorktreeSetup | null = null;
  #all: Promise<boolean> | null = null;

  constructor(options: TaskWorktreeOptions) {
    this.#options = options;
  }

  /** Whether the directory of the work is there already, and set up. */
  get isReady(): boolean {
    const { worktree, setup, spec } = this.#options.work;
    return worktree === undefined || (setup?.isDone !== false && existsSync(spec.workingDirectory));
  }

  /** @returns whether the attempt can begin. */
  prepare(): Promise<boolean> {
    this.#all ??= this.#prepare();
    return this.#all;
  }

  async #prepare(): Promise<boolean> {
    const { worktree, workspaceEnv = {} } = this.#options.work;
    if (worktree === undefined) return true;
    let leave = (): void => {};
    try {
      const temporary = workspaceEnv[workspaceVariableNames.temporary];
      if (temporary !== undefined) mkdirSync(temporary, { recursive: true, mode: 0o700 });
      if (worktree.isShared) leave = await enterSharedWorktree(worktree, this.#stopped.signal);
      return await this.#makeAndSetUp(worktree);
    } catch (error) {
      // The stop has its own note.
      if (this.#stopped.signal.aborted) return false;
      const isLost = error instanceof GitProblem && error.kind === "lost";
      this.#options.note({
        type: "worker",
        subtype: "gave_up",
        error: isLost ? startProblems.worktreeLost : startProblems.noWorktree,
        text: messageOf(error),
      });
      return false;
    } finally {
      leave();
    }
  }

  async #makeAndSetUp(worktree: WorktreeOrder): Promise<boolean> {
    const { setup } = this.#options.work;
    const { how, head } = await this.#make();
    // A lock is left then by a git that was killed with an earlier attempt.
    if (how === "found" && (await processesInside(worktree.path))?.length === 0) removeWorktreeLocks(worktree.path, worktree.repository);
    if (setup === undefined || (how === "found" && this.#isSetUp(worktree, setup.isDone))) return !this.#stopped.signal.aborted;
    if (worktree.isShared) rmSync(setUpMark(worktree), { force: true });
    const isUntouched = worktree.files === null && head === worktree.baseCommit && (how !== "found" || !worktree.isShared);
    this.#setup = new WorktreeSetup({ ...this.#options, worktree, order: setup, isUntouched, signal: this.#stopped.signal });
    const isSetUp = await this.#setup.run();
    if (isSetUp && worktree.isShared) writeFileSync(setUpMark(worktree), "");
    return isSetUp;
  }

  /** Another task may have set a shared worktree up since the order was written. */
  #isSetUp(worktree: WorktreeOrder, isDone: boolean): boolean {
    return worktree.isShared ? existsSync(setUpMark(worktree)) : isDone;
  }

  async #make(): Promise<PreparedWorktree> {
    const { work, program, note } = this.#options;
    const { worktree } = work;
    if (worktree === undefined) throw new Error("the task has no worktree");
    const begun = performance.now();
    const prepared = await prepareWorktree(program, worktree, this.#stopped.signal);
    const { how, branch, head, hasFiles } = prepared;
    const tookMs = Math.round(performance.now() - begun);
    note({ type: "worker", subtype: "worktree_ready", path: worktree.path, how, branch, head, hasFiles, tookMs });
    return prepared;
  }

  /** Ends the preparation. Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#setup?.stop();
    await this.#all?.catch(() => {});
  }
}
