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
  /** How long the attempt has waited for answers until now, ms (default: 0). */
  readonly waitedMs?: number;
  /** null: none. */
  readonly timeoutMs: number | null;
  /** null: none. */
  readonly stallTimeoutMs: number | null;
  readonly now: () => number;
  readonly onOver: (limit: TimeLimit) => void;
}

export class TimeLimits {
  readonly #options: TimeLimitsOptions;
  /** How long the attempt has waited for answers, ms. */
  #pausedMs: number;
  /** When the present wait began; null: the limits count. */
  #pausedAt: number | null = null;
  #isStarted = false;
  #wallClock: NodeJS.Timeout | null = null;
  #silence: NodeJS.Timeout | null = null;
  #mayBeSilent = false;

  constructor(options: TimeLimitsOptions) {
    this.#options = options;
    this.#pausedMs = options.waitedMs ?? 0;
  }

  start(): void {
    this.#isStarted = true;
    this.#arm();
  }

  /** Restarts the stall limit, because the runner has sent a message. */
  heard(): void {
    const { stallTimeoutMs, onOver } = this.#options;
    if (this.#silence !== null) clearTimeout(this.#silence);
    this.#silence = null;
    if (stallTimeoutMs === null || this.#pausedAt !== null || this.#mayBeSilent) return;
    const timer = setTimeout(
      () => {
        // After a pause of the whole process, timers run before the messages that came in time are
        // read: those come first.
        setImmediate(() => {
          if (this.#silence === timer) onOver("stalled");
        });
      },
      Math.min(stallTimeoutMs, longestTimerMs),
    );
    this.#silence = timer;
  }

  /** Whether silence does not count now: what runs has a time limit of its own. */
  allowSilence(isAllowed: boolean): void {
    if (isAllowed === this.#mayBeSilent) return;
    this.#mayBeSilent = isAllowed;
    if (this.#isStarted) this.heard();
  }

  /** The attempt waits for a person: that time does not count. May be called twice. */
  pause(): void {
    this.#pausedAt ??= this.#options.now();
    this.#disarm();
  }

  /** The wait is over. Without a pause it does nothing. */
  resume(): void {
    if (this.#pausedAt === null) return;
    this.#pausedMs += this.#options.now() - this.#pausedAt;
    this.#pausedAt = null;
    if (this.#isStarted) this.#arm();
  }

  /** Reports an expired limit once more, for a caller that could not act on it. */
  tellAgain(limit: TimeLimit, delayMs: number): void {
    this.#wallClock = setTimeout(() => this.#options.onOver(limit), delayMs);
  }

  stop(): void {
    this.#isStarted = false;
    this.#disarm();
  }

  #disarm(): void {
    for (const timer of [this.#wallClock, this.#silence]) if (timer !== null) clearTimeout(timer);
    this.#wallClock = this.#silence = null;
  }

  #arm(): void {
    if (this.#pausedAt !== null) return;
    this.#armWallClock();
    this.heard();
  }

  /**
   * Arms the timer. A limit may be longer than a timer allows: then the timer is armed again when
   * it ends.
   */
  #armWallClock(): void {
    const { timeoutMs, startedAt, now, onOver } = this.#options;
    if (timeoutMs === null) return;
    const leftMs = startedAt + this.#pausedMs + timeoutMs - now();
    if (leftMs <= 0) onOver("timed_out");
    else this.#wallClock = setTimeout(() => this.#armWallClock(), Math.min(leftMs, longestTimerMs));
  }
}
