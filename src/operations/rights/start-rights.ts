/**
 * Decides which pending tasks may start now, by the rights of their callers. The scheduler asks
 * before each start; views show the reason for a no.
 */
import { WorkerError } from "../../domain/errors.ts";
import type { TaskRow } from "../../store/store.ts";
import { requireStart } from "./task-rights.ts";
import type { RightsContext } from "./task-rights.ts";

/** Decides by the rights of its caller whether a pending task may start. */
export class StartRights {
  readonly #context: RightsContext;
  /**
   * Tasks in directories without trust, so that a long queue of them is not checked again at every
   * commit.
   */
  readonly #untrusted = new Set<number>();
  #claudeCodeTrust: ReadonlySet<string> | null = null;

  constructor(context: RightsContext) {
    this.#context = context;
  }

  /** Whether a pending task may start now. */
  mayStart(taskId: number): boolean {
    this.#forgetOldTrust();
    if (this.#untrusted.has(taskId)) return false;
    const task = this.#context.store.tasks.row(taskId);
    const refusal = task === null ? null : this.#refusal(task);
    if (refusal?.code === "untrusted_directory") this.#untrusted.add(taskId);
    return refusal === null;
  }

  /** Why a pending task may not start now, and what to do; null: it may start. */
  whyNot(task: TaskRow): string | null {
    return this.#refusal(task)?.message ?? null;
  }

  /** Call it when a directory was trusted, before the commit wakes the scheduler. */
  trustChanged(): void {
    this.#untrusted.clear();
  }

  #refusal(task: TaskRow): WorkerError | null {
    try {
      requireStart(this.#context, task);
      return null;
    } catch (error) {
      if (error instanceof WorkerError) return error;
      throw error;
    }
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
