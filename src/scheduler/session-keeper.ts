/** Keeps the sessions of tasks that wait for days: at start, and twice a day. */
import type { Logger } from "pino";
import { messageOf } from "../domain/errors.ts";
import type { Service } from "../domain/services/service.ts";

const betweenRoundsMs = 43_200_000;

export interface SessionKeeperOptions {
  readonly log: Logger;
  /** Keeps the sessions; returns how many there were. */
  keep(): number;
}

export class SessionKeeper implements Service {
  readonly #options: SessionKeeperOptions;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#timer !== null) return;
    this.#timer = setInterval(() => this.#round(), betweenRoundsMs);
    this.#round();
  }

  stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    return Promise.resolve();
  }

  #round(): void {
    const { log, keep } = this.#options;
    try {
      const kept = keep();
      if (kept > 0) log.debug({ kept }, "kept the sessions of waiting tasks");
    } catch (error) {
      log.warn({ error: messageOf(error) }, "the sessions of waiting tasks could not be kept");
    }
  }
}
