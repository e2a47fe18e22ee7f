/**
 * Decides which pending tasks may start now, by the rights of their callers. The scheduler asks
 * before each start; views show the reason for a no.
 */
import { existsSync } from "node:fs";
import { lookOnce } from "../../config/one-look.ts";
import { WorkerError } from "../../domain/errors.ts";
import { directoryOf } from "../../domain/workspace/directory.ts";
import { requireSeenRuns } from "../trust/seen-runs.ts";
import type { TaskRow } from "../../store/store.ts";
import { requireStart } from "./task-rights.ts";
import type { RightsContext } from "./task-rights.ts";

/** Files that were put back are noticed after this time. */
const lookAgainMs = 10_000;

/** Decides by the rights of its caller whether a pending task may start. */
export class StartRights {
  readonly #context: RightsContext;
  /**
   * Tasks in directories without trust, and since when, so that a long queue of them is not checked
   * again at every commit.
   */
  readonly #untrusted = new Map<number, number>();
  #claudeCodeTrust: ReadonlySet<string> | null = null;

  constructor(context: RightsContext) {
    this.#context = context;
  }

  /** Whether a pending task may start now. */
  mayStart(taskId: number): boolean {
    this.#forgetOldTrust();
    const since = this.#untrusted.get(taskId);
    if (since !== undefined && performance.now() - since < lookAgainMs) return false;
    const task = this.#context.store.tasks.row(taskId);
    const refusal = task === null ? null : this.#refusal(task, true);
    if (refusal?.code === "untrusted_directory") this.#untrusted.set(taskId, performance.now());
    return refusal === null;
  }

  /** Why a pending task may not start now, and what to do; null: it may start. */
  whyNot(task: TaskRow): string | null {
    return this.#refusal(task, false)?.message ?? null;
  }

  /** Call it when a directory was trusted, before the commit wakes the scheduler. */
  trustChanged(): void {
    this.#untrusted.clear();
  }

  /** @param starts whether the task starts now: then files are read again. */
  #refusal(task: TaskRow, starts: boolean): WorkerError | null {
    try {
      requireStart(this.#context, task);
      this.#requireSeen(task, starts);
      return null;
    } catch (error) {
      if (error instanceof WorkerError) return error;
      throw error;
    }
  }

  /**
   * The files may have been changed since the submit: by a person, or by a task. A worktree that is
   * not made yet is looked at by its runner.
   */
  #requireSeen(task: TaskRow, starts: boolean): void {
    const { store, claudeCodeTrust } = this.#context;
    const workspace = store.workspaces.get(task.id);
    const directory = directoryOf(task, workspace);
    const exists = lookOnce(existsSync, directory, () => existsSync(directory));
    if (exists) requireSeenRuns(store, directory, () => claudeCodeTrust.autoRuns(directory, starts));
  }

  /**
   * Clears the list after some time, because Claude Code's own list of trusted directories changes
   * without a commit.
   */
  #forgetOldTrust(): void {
    const directories = this.#context.claudeCodeTrust.directories();
    if (directories !== this.#claudeCodeTrust) this.trustChanged();
    this.#claudeCodeTrust = directories;
  }
}
