/** Kills a runner that does not answer, or does not end after a stop, in time. */
import type { Logger } from "pino";
import { killIfSame } from "../processes/identity.ts";
import type { Store } from "../store/store.ts";

/**
 * From the end of the grace to the moment when the server itself kills a runner that does not end:
 * its own escalation takes 2 s and its sweep some more.
 */
const runnerEscalationMs = 15_000;
/**
 * A runner that this server adopts answers at once. One that takes this long is stopped or hangs;
 * it is ended so that its task continues.
 */
const connectLimitMs = 30_000;

export interface RunnerDeadlinesOptions {
  readonly store: Store;
  readonly attemptId: number;
  /** Of this boot of the machine. */
  readonly bootId: string | null;
  readonly stopGraceMs: number;
  readonly log: Logger;
  onFault(error: unknown): void;
}

export class RunnerDeadlines {
  readonly #options: RunnerDeadlinesOptions;
  #killTimeout: NodeJS.Timeout | null = null;
  #connectTimeout: NodeJS.Timeout | null = null;
  #waitsForRoom = false;

  constructor(options: RunnerDeadlinesOptions) {
    this.#options = options;
  }

  /** The server waits for the runner's answer. */
  connecting(): void {
    this.#connectTimeout = setTimeout(() => {
      this.#options.log.warn("the runner does not answer");
      this.#kill();
    }, connectLimitMs);
  }

  /** The runner has answered, or is gone. */
  connected(): void {
    if (this.#connectTimeout !== null) clearTimeout(this.#connectTimeout);
    this.#connectTimeout = null;
  }

  /** The runner was told to stop. May be called again. */
  stopping(): void {
    if (this.#waitsForRoom) return;
    this.#killTimeout ??= setTimeout(() => this.#kill(), this.#options.stopGraceMs + runnerEscalationMs);
  }

  /**
   * The runner has ended its tree and only waits for room on the disk: killed, it would lose its
   * last records.
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
    this.#killRunner().catch((error: unknown) => this.#options.onFault(error));
  }

  async #killRunner(): Promise<void> {
    const { store, attemptId, bootId, log } = this.#options;
    const attempt = store.attempts.get(attemptId);
    // After another boot the same number and start tick may belong to any process.
    if (attempt?.pid == null || attempt.pidStart === null || attempt.bootId !== bootId) return;
    log.warn({ pid: attempt.pid }, "the runner did not end in time; killing it");
    await killIfSame({ pid: attempt.pid, start: attempt.pidStart }, "SIGKILL");
  }
}
