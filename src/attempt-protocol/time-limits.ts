/**
 * Keeps the time limits of one attempt: since its begin, and since the last message of its runner.
 * Reports when a limit is over, and stops nothing. The server keeps both; the runner keeps the
 * first one while no server is connected.
 */

const longestTimerMs = 2_147_483_647;

export type TimeLimit = "timed_out" | "stalled";

export interface TimeLimitsOptions {
  /** ms, by the same clock as `now`. */
  readonly startedAt: number;
  /** null: none. */
  readonly timeoutMs: number | null;
  /** null: none. */
  readonly stallTimeoutMs: number | null;
  readonly now: () => number;
  readonly onOver: (limit: TimeLimit) => void;
}

export class TimeLimits {
  readonly #options: TimeLimitsOptions;
  #wallClock: NodeJS.Timeout | null = null;
  #silence: NodeJS.Timeout | null = null;

  constructor(options: TimeLimitsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#armWallClock();
    this.heard();
  }

  /** Restarts the stall limit, because the runner has sent a message. */
  heard(): void {
    const { stallTimeoutMs, onOver } = this.#options;
    if (stallTimeoutMs === null) return;
    if (this.#silence !== null) clearTimeout(this.#silence);
    this.#silence = setTimeout(() => onOver("stalled"), Math.min(stallTimeoutMs, longestTimerMs));
  }

  /** Reports an expired limit once more, for a caller that could not act on it. */
  tellAgain(limit: TimeLimit, delayMs: number): void {
    this.#wallClock = setTimeout(() => this.#options.onOver(limit), delayMs);
  }

  stop(): void {
    for (const timer of [this.#wallClock, this.#silence]) if (timer !== null) clearTimeout(timer);
    this.#wallClock = this.#silence = null;
  }

  /**
   * Arms the timer. A limit may be longer than a timer allows: then the timer is armed again when
   * it ends.
   */
  #armWallClock(): void {
    const { timeoutMs, startedAt, now, onOver } = this.#options;
    if (timeoutMs === null) return;
    const leftMs = startedAt + timeoutMs - now();
    if (leftMs <= 0) onOver("timed_out");
    else this.#wallClock = setTimeout(() => this.#armWallClock(), Math.min(leftMs, longestTimerMs));
  }
}
