/** Deletes ended tasks that are older than they are to be kept: at start, and once an hour while a limit is set. */
import type { Logger } from "pino";
import { messageOf } from "../domain/errors.ts";

const dayMs = 86_400_000;
const betweenRoundsMs = 3_600_000;

export interface RetentionOptions {
  /** null: everything is kept. */
  readonly keepDays: number | null;
  readonly log: Logger;
  now(): number;
  /** Removes the tasks that ended before this moment (UTC ms); resolves with how many. */
  prune(endedBefore: number): Promise<number>;
}

export class Retention {
  readonly #options: RetentionOptions;
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<void> | null = null;
  #started = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#started || this.#options.keepDays === null) return;
    this.#started = true;
    this.#run(this.#options.keepDays);
  }

  async stop(): Promise<void> {
    this.#started = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#round;
  }

  #run(keepDays: number): void {
    this.#round = this.#prune(keepDays).finally(() => {
      this.#round = null;
      if (this.#started) this.#timer = setTimeout(() => this.#run(keepDays), betweenRoundsMs);
    });
  }

  async #prune(keepDays: number): Promise<void> {
    const { log, now, prune } = this.#options;
    try {
      const removed = await prune(now() - keepDays * dayMs);
      if (removed > 0) log.info({ removed, keepDays }, "old tasks deleted");
    } catch (error) {
      log.warn({ error: messageOf(error) }, "old tasks could not be deleted; tried again in an hour");
    }
  }
}
