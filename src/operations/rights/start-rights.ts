/**
 * Which pending tasks may start now, by the rights of those who asked for them. The scheduler asks
 * before each start, views say why not.
 */
import { WorkerError } from "../../domain/errors.ts";
import type { TaskRow } from "../../store/store.ts";
import { requireStart } from "./task-rights.ts";
import type { RightsContext } from "./task-rights.ts";

/** Decides by the rights of its caller whether a pending task may start. */
export class StartRights {
  readonly #context: RightsContext;
  /**
   * Tasks in directories without trust: a long queue of them is not judged again at every commit.
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

  /** Why a pending task may not start now, with what to do about it; null: it may. */
  whyNot(task: TaskRow): string | null {
    return this.#refusal(task)?.message ?? null;
  }

  /** To be called when a directory was trusted, before its commit wakes the scheduler. */
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

  /** Claude Code's own record changes without a commit. */
  #forgetOldTrust(): void {
    const directories = this.#context.claudeCodeTrust.directories();
    if (directories !== this.#claudeCodeTrust) this.trustChanged();
    this.#claudeCodeTrust = directories;
  }
}
