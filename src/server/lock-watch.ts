/**
 * Ends a server that must not continue: another server has its data directory, or the directory or
 * its lock was removed.
 */
import { existsSync } from "node:fs";
import type { Logger } from "pino";
import type { Paths } from "../config/paths.ts";
import { WorkerError } from "../domain/errors.ts";
import type { Service } from "../domain/services/service.ts";
import type { Lock } from "../store/sqlite/file/lock.ts";

export interface LockWatchOptions {
  readonly paths: Paths;
  readonly lock: Lock;
  readonly log: Logger;
  /** Called when the lock or its directory was removed. May be called more than once. */
  onLost(): void;
}

/** Checks the lock when the process continues after a stop (SIGCONT), and on request. */
export class LockWatch implements Service {
  readonly #options: LockWatchOptions;
  readonly #onContinue = (): void => void this.leaveIfLost();

  constructor(options: LockWatchOptions) {
    this.#options = options;
  }

  start(): void {
    process.off("SIGCONT", this.#onContinue).on("SIGCONT", this.#onContinue);
  }

  async stop(): Promise<void> {
    process.off("SIGCONT", this.#onContinue);
  }

  /** @throws WorkerError server_running where another server has taken the lock. */
  require(): void {
    if (this.#isOvertaken()) throw new WorkerError("server_running", "Another server has taken this data directory over. Use that one.");
  }

  /** Ends the process at once where another server has taken the lock. */
  leaveIfOvertaken(): void {
    if (this.#isOvertaken()) leaveAtOnce(this.#options.log);
  }

  /**
   * Stops the server when its data directory was removed, because it can store nothing, or when the
   * lock's file was removed, because another server may start beside it.
   * @returns whether it stops.
   */
  leaveIfLost(): boolean {
    this.leaveIfOvertaken();
    if (existsSync(this.#options.paths.serverLock)) return false;
    this.#options.onLost();
    return true;
  }

  /**
   * Whether another server has taken the lock. That happens to a server that slept (SIGSTOP, a
   * suspended machine), and when several servers take over at once.
   */
  #isOvertaken(): boolean {
    const { paths, lock } = this.#options;
    return existsSync(paths.serverLock) && !lock.held();
  }
}

/**
 * Ends the process at once: a newer server has the data directory, so this one must not write or
 * clean up.
 */
export function leaveAtOnce(log: Logger): void {
  log.fatal("another server took this data directory over; leaving at once");
  process.exit(0);
}
