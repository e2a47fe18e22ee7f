/**
 * Ends questions when their time is over. Commits wake it, and one timer for the next deadline. It
 * does not poll.
 */
import type { Logger } from "pino";
import { messageOf } from "../domain/errors.ts";
import type { Service } from "../domain/services/service.ts";
import type { Store } from "../store/store.ts";

/** Timers do not run while the machine sleeps, and do not follow a clock that is set. */
const longestTimerMs = 60_000;
const retryMs = 2_000;

export interface QuestionDeadlinesOptions {
  readonly store: Store;
  readonly log: Logger;
  now(): number;
  /**
   * Resolves when what people answered before this server began is stored, or cannot be read in
   * time. Until then nothing ends that was due before. Absent: there are none.
   */
  answersRead?(): Promise<void>;
  /** Ends the questions that are due. */
  expire(now: number): Promise<void>;
}

export class QuestionDeadlines implements Service {
  readonly #options: QuestionDeadlinesOptions;
  #unsubscribe: (() => void) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<void> | null = null;
  #again = false;
  #hasRead = false;
  #stopping = Promise.withResolvers<void>();

  constructor(options: QuestionDeadlinesOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#unsubscribe !== null) return;
    this.#stopping = Promise.withResolvers<void>();
    this.#unsubscribe = this.#options.store.onCommit(() => this.#wake());
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#setTimer(null);
    this.#stopping.resolve();
    await this.#round;
  }

  #wake(): void {
    if (this.#unsubscribe === null) return;
    this.#again = true;
    this.#round ??= this.#rounds();
  }

  async #rounds(): Promise<void> {
    // A round without questions has nothing else to wait for, and the caller must hold its promise.
    await Promise.resolve();
    while (this.#again && this.#unsubscribe !== null) {
      this.#again = false;
      const { store, log, now, expire } = this.#options;
      try {
        if (store.questions.openCount() === 0) this.#setTimer(null);
        else {
          const moment = now();
          if (store.questions.due(moment, 1).length > 0) {
            await this.#untilAnswersAreRead();
            if (this.#unsubscribe === null) break;
            await expire(moment);
          }
          this.#hasRead = true;
          const next = store.questions.nextDeadline(moment);
          this.#setTimer(next === null ? null : Math.max(0, next - now()));
        }
      } catch (error) {
        log.error({ error: messageOf(error) }, "questions whose time is over could not be ended");
        this.#setTimer(retryMs);
        break;
      }
    }
    this.#round = null;
  }

  /** In the first round only: an answer that was given in time must not lose to its deadline. */
  async #untilAnswersAreRead(): Promise<void> {
    if (!this.#hasRead) await Promise.race([this.#options.answersRead?.(), this.#stopping.promise]);
    this.#hasRead = true;
  }

  #setTimer(delayMs: number | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = delayMs === null || this.#unsubscribe === null ? null : setTimeout(() => this.#wake(), Math.min(delayMs, longestTimerMs));
  }
}
