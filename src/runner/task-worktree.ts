/** Prepares the task's worktree before Claude Code starts, and notes it in the journal. */
import { existsSync } from "node:fs";
import type { AgentWork } from "../agent/agent.ts";
import { messageOf } from "../domain/errors.ts";
import { startProblems } from "../domain/events/record.ts";
import type { RunnerNote } from "../domain/events/record.ts";
import { GitProblem } from "../git/git-problem.ts";
import type { GitProgram } from "../git/git-program.ts";
import { prepareWorktree } from "../git/worktree.ts";

export interface TaskWorktreeOptions {
  readonly work: AgentWork;
  readonly program: GitProgram;
  readonly note: (note: RunnerNote) => void;
}

export class TaskWorktree {
  readonly #options: TaskWorktreeOptions;
  readonly #stopped = new AbortController();

  constructor(options: TaskWorktreeOptions) {
    this.#options = options;
  }

  /** Whether the directory of the work is there already. */
  get isThere(): boolean {
    const { worktree, spec } = this.#options.work;
    return worktree === undefined || existsSync(spec.workingDirectory);
  }

  /** @returns whether the attempt can begin. */
  async prepare(): Promise<boolean> {
    const { work, program, note } = this.#options;
    const { worktree } = work;
    if (worktree === undefined) return true;
    const begun = performance.now();
    try {
      const { how, branch, head, hasFiles } = await prepareWorktree(program, worktree, this.#stopped.signal);
      const tookMs = Math.round(performance.now() - begun);
      note({ type: "worker", subtype: "worktree_ready", path: worktree.path, how, branch, head, hasFiles, tookMs });
      return true;
    } catch (error) {
      // The stop has its own note.
      if (this.#stopped.signal.aborted) return false;
      const isLost = error instanceof GitProblem && error.kind === "lost";
      note({
        type: "worker",
        subtype: "gave_up",
        error: isLost ? startProblems.worktreeLost : startProblems.noWorktree,
        text: messageOf(error),
      });
      return false;
    }
  }

  /** Ends the preparation. */
  stop(): void {
    this.#stopped.abort();
  }
}
