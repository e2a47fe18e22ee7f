/**
 * Deletes ended tasks that are older than `keep_days`, logs of removed tasks, and what was long in
 * the trash: at start, and once an hour while a limit is set or something is in the trash.
 */
import type { Logger } from "pino";
import { messageOf } from "../domain/errors.ts";
import type { Service } from "../domain/services/service.ts";

const dayMs = 86_400_000;
const betweenRoundsMs = 3_600_000;

export interface RetentionOptions {
  /** null: all tasks are kept. */
  readonly keepDays: number | null;
  readonly log: Logger;
  now(): number;
  /**
   * Reads the clocks. Resolves with the time during which no task may be deleted by age because the
   * system's clock was set, ms.
   */
  pauseMs(): Promise<number>;
  /** Removes the tasks that ended before this moment (UTC ms); resolves with how many. */
  prune(endedBefore: number): Promise<number>;
  /**
   * Deletes the logs of removed tasks. Resolves with how many, and a sentence for each log that is
   * left.
   */
  removeStrayLogs(): Promise<{ readonly removed: number; readonly problems: readonly string[] }>;
  /** Deletes worktrees that were in the trash for long, and snapshots of removed tasks. */
  emptyTrash(): Promise<EmptiedTrash>;
}

export interface EmptiedTrash {
  readonly deleted: number;
  readonly left: number;
  readonly problems: readonly string[];
}

export class Retention implements Service {
  readonly #options: RetentionOptions;
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<void> | null = null;
  #started = false;
  #hasTrash = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    // A round that an earlier stop still waits for also serves this start.
    if (this.#round === null) this.#run();
  }

  async stop(): Promise<void> {
    this.#started = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#round;
  }

  #run(): void {
    this.#round = this.#clean().finally(() => {
      this.#round = null;
      if (this.#started && (this.#options.keepDays !== null || this.#hasTrash))
        this.#timer = setTimeout(() => this.#run(), betweenRoundsMs);
    });
  }

  async #clean(): Promise<void> {
    const { log, keepDays } = this.#options;
    try {
      const pauseMs = await this.#options.pauseMs();
      if (pauseMs > 0) log.warn({ pauseMs }, "the system's clock was set: nothing is deleted by age for this long");
      else if (keepDays !== null) await this.#prune(keepDays);
      if (pauseMs === 0) await this.#emptyTrash();
      // Last: logs that could not be deleted with their task are tried again, and reported once.
      await this.#removeStrayLogs();
    } catch (error) {
      log.warn({ error: messageOf(error) }, "old tasks or logs could not be deleted; tried again in the next round");
    }
  }

  async #prune(keepDays: number): Promise<void> {
    const { log, now, prune } = this.#options;
    const removed = await prune(now() - keepDays * dayMs);
    if (removed > 0) log.info({ removed, keepDays }, "old tasks deleted");
  }

  async #emptyTrash(): Promise<void> {
    const { log, emptyTrash } = this.#options;
    const { deleted, left, problems } = await emptyTrash();
    this.#hasTrash = left > 0;
    if (deleted > 0) log.info({ deleted }, "removed worktrees deleted");
    if (problems.length > 0)
      log.warn({ count: problems.length, first: problems[0] }, "removed worktrees or snapshots could not be deleted");
  }

  async #removeStrayLogs(): Promise<void> {
    const { log, removeStrayLogs } = this.#options;
    const { removed, problems } = await removeStrayLogs();
    if (removed > 0) log.info({ removed }, "logs of removed tasks deleted");
    if (problems.length > 0) log.warn({ logs: problems.length, first: problems[0] }, "logs of removed tasks could not be deleted");
  }
}
