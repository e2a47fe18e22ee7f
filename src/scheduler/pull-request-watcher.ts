/**
 * Looks at watched pull requests when they are due, one after the other. GitHub does not call us,
 * so this polls; a server that watches nothing has no timer.
 */
import type { Logger } from "pino";
import { messageOf } from "../domain/errors.ts";
import type { Service } from "../domain/services/service.ts";
import type { Store } from "../store/store.ts";

/** Timers do not run while the machine sleeps, and do not follow a clock that is set. */
const longestTimerMs = 60_000;
/** After a look that could not be stored, for example because the disk is full. */
const retryMs = 60_000;

export interface PullRequestWatcherOptions {
  readonly store: Store;
  readonly log: Logger;
  now(): number;
  /** Looks at one; ends soon after the signal. It must move the next look, or end the watch. */
  look(taskId: number, signal: AbortSignal): Promise<void>;
}

export class PullRequestWatcher implements Service {
  readonly #options: PullRequestWatcherOptions;
  #stopping: AbortController | null = null;
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<void> | null = null;

  constructor(options: PullRequestWatcherOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#stopping !== null) return;
    this.#stopping = new AbortController();
    this.wake();
  }

  async stop(): Promise<void> {
    this.#stopping?.abort();
    this.#stopping = null;
    this.#setTimer(null);
    await this.#round;
  }

  /** A watch began, or is due earlier. */
  wake(): void {
    if (this.#stopping === null) return;
    this.#setTimer(null);
    // A round that an earlier stop still waits for begins again at its end.
    this.#round ??= this.#look(this.#stopping.signal).finally(() => {
      this.#round = null;
      this.#setNext();
    });
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { store, log, now, look } = this.#options;
    await Promise.resolve();
    for (let watch = store.pullRequestWatches.due(now()); watch !== null && !signal.aborted; watch = store.pullRequestWatches.due(now())) {
      try {
        await look(watch.taskId, signal);
      } catch (error) {
        log.warn({ taskId: watch.taskId, error: messageOf(error) }, "a pull request could not be looked at; tried again in a minute");
        this.#setTimer(retryMs);
        return;
      }
    }
  }

  #setNext(): void {
    if (this.#stopping === null || this.#timer !== null) return;
    const { store, now } = this.#options;
    const next = store.pullRequestWatches.nextLookAt();
    if (next !== null) this.#setTimer(Math.max(0, next - now()));
  }

  #setTimer(delayMs: number | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (delayMs === null || this.#stopping === null) return;
    const due = (): void => {
      this.#timer = null;
      this.wake();
    };
    this.#timer = setTimeout(due, Math.min(delayMs, longestTimerMs));
  }
}
