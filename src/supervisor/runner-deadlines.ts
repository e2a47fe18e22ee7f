/** Kills a runner that does not answer, or does not end after a stop, in time. */
import type { Logger } from "pino";
import { killIfSame } from "../processes/identity.ts";
import type { Store } from "../store/store.ts";

/**
 * Time from the end of the grace until the server itself kills a runner that does not end. The
 * runner's own escalation takes 2 s, and its sweep takes more.
 */
const runnerEscalationMs = 15_000;
/**
 * An adopted runner answers at once. A runner that takes this long is stopped or hangs; the server
 * ends it so that its task continues.
 */
const connectLimitMs = 30_000;

export interface RunnerDeadlinesOptions {
  readonly store: Store;
  readonly attemptId: number;
  /** The id of this boot. */
  readonly bootId: string | null;
  readonly stopGraceMs: number;
  readonly log: Logger;
  onError(error: unknown): void;
}

export class RunnerDeadlines {
  readonly #options: RunnerDeadlinesOptions;
  #killTimeout: NodeJS.Timeout | null = null;
  #connectTimeout: NodeJS.Timeout | null = null;
  #waitsForRoom = false;

  constructor(options: RunnerDeadlinesOptions) {
    this.#options = options;
  }

  /** Starts the deadline for the runner's answer. */
  connecting(): void {
    const timer = setTimeout(() => {
      // After a pause of the whole server, timers run before an answer that came in time is read.
      setImmediate(() => {
        if (this.#connectTimeout !== timer) return;
        this.#options.log.warn("the runner does not answer");
        this.#kill();
      });
    }, connectLimitMs);
    this.#connectTimeout = timer;
  }

  /** Ends that deadline: the runner has answered or ended. */
  connected(): void {
    if (this.#connectTimeout !== null) clearTimeout(this.#connectTimeout);
    this.#connectTimeout = null;
  }

  /** Starts the deadline for the end of a runner that was asked to stop. May be called again. */
  stopping(): void {
    if (this.#waitsForRoom) return;
    this.#killTimeout ??= setTimeout(() => this.#kill(), this.#options.stopGraceMs + runnerEscalationMs);
  }

  /**
   * Ends the deadlines: the runner has ended its tree and only waits for room on the disk. Killing
   * it would lose its last records.
   */
  waitsForRoom(): void {
    this.#waitsForRoom = true;
    if (this.#killTimeout !== null) clearTimeout(this.#killTimeout);
  }

  clear(): void {
    this.connected();
    if (this.#killTimeout !== null) clearTimeout(this.#killTimeout);
    this.#killTimeout = null;
  }

  #kill(): void {
    this.#killRunner().catch((error: unknown) => this.#options.onError(error));
  }

  async #killRunner(): Promise<void> {
    const { store, attemptId, bootId, log } = this.#options;
    const attempt = store.attempts.get(attemptId);
    // After a reboot the same pid and start time may belong to another process.
    if (attempt?.pid == null || attempt.pidStart === null || attempt.bootId !== bootId) return;
    log.warn({ pid: attempt.pid }, "the runner did not end in time; killing it");
    await killIfSame({ pid: attempt.pid, start: attempt.pidStart }, "SIGKILL");
  }
}
