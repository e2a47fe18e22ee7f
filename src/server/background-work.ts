/**
 * Runs the services that work on tasks. Starts them in order as soon as the disk has room. Until
 * then the server only reads.
 */
import type { Logger } from "pino";
import type { WorkerError } from "../domain/errors.ts";
import { messageOf } from "../domain/errors.ts";
import { Lifecycle } from "../domain/services/service.ts";
import type { Service } from "../domain/services/service.ts";
import type { Store } from "../store/store.ts";
import { takeInRoom } from "./when-writable.ts";

export interface BackgroundWorkOptions {
  readonly store: Store;
  readonly log: Logger;
  /** Steps before the first service starts. */
  readonly before: readonly (() => unknown)[];
  /** Supervises the running attempts: starts first, and stops last. */
  readonly supervisor: Service;
  /** Services that take new work; started in this order. */
  readonly takers: readonly Service[];
  /** Called when the work began late, after the disk was full. */
  onLateStart(): void;
  /** Called when the work cannot begin, after `start` had resolved because of a full disk. */
  onError(): void;
}

/** Starts and stops the services that work on tasks. */
export class BackgroundWork implements Service {
  readonly #options: BackgroundWorkOptions;
  readonly #lifecycle = new Lifecycle({ begin: () => this.#begin(), end: () => this.#end() });
  #wait = new AbortController();
  #beginning: Promise<void> = Promise.resolve();
  #noRoom: readonly string[] = [];

  constructor(options: BackgroundWorkOptions) {
    this.#options = options;
  }

  /** Why the services do not run yet; empty when they run. */
  problems(): readonly string[] {
    return this.#noRoom;
  }

  /** Resolves when all services run, or when the disk is too full for them: see `problems`. */
  start(): Promise<void> {
    return this.#lifecycle.start();
  }

  stop(): Promise<void> {
    return this.#lifecycle.stop();
  }

  /** Stops taking new work; the supervisor continues. Resolves when no new work can start. */
  async takeNoMore(): Promise<void> {
    this.#wait.abort();
    await this.#beginning;
    await Promise.all(this.#options.takers.map((taker) => taker.stop()));
  }

  async #begin(): Promise<void> {
    const { log, onError } = this.#options;
    this.#wait = new AbortController();
    const full = Promise.withResolvers<void>();
    const begun = this.#startAll(({ message }) => {
      this.#noRoom = [message];
      full.resolve();
    });
    await Promise.race([begun, full.promise]);
    if (this.#noRoom.length === 0) return;
    log.error({ problems: this.#noRoom }, "the disk is full: serving for reading only");
    this.#beginning = begun.catch((error: unknown) => {
      log.fatal({ error: messageOf(error) }, "the server cannot begin to work; leaving");
      onError();
    });
  }

  async #startAll(onFull: (error: WorkerError) => void): Promise<void> {
    const { store, log, before, supervisor, takers, onLateStart } = this.#options;
    const steps = [...before, ...[supervisor, ...takers].map((service) => () => service.start())];
    if (!(await takeInRoom(steps, { store, signal: this.#wait.signal, onFull })) || this.#noRoom.length === 0) return;
    log.info("there is room on the disk: working");
    this.#noRoom = [];
    onLateStart();
  }

  async #end(): Promise<void> {
    await this.takeNoMore();
    await this.#options.supervisor.stop();
    this.#noRoom = [];
  }
}
