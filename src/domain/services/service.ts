/**
 * Defines the contract of services, the parts of the server that work in the background, and
 * implements it.
 */
import { inOrder } from "./async-steps.ts";

/** A part of the server that works in the background. */
export interface Service {
  /**
   * Begins to work. Does nothing where the service works already.
   * May be called at any time, also while `stop` is under way: the last call counts.
   * @throws what keeps the service from its work; nothing is left then, and it may be started again
   */
  start(): void | Promise<void>;
  /**
   * Ends the work. Resolves when no timer, socket, child process or write of the service is left.
   * May be called at any time: before `start`, while it is under way, twice, and twice at once.
   */
  stop(): Promise<void>;
}

/** The work of a service whose start takes time. */
export interface ServiceWork {
  begin(): void | Promise<void>;
  /** Also called after a `begin` that failed. */
  end(): void | Promise<void>;
}

/**
 * Takes the starts and stops of a service in turn, so that a stop also ends what a start begins.
 */
export class Lifecycle implements Service {
  readonly #work: ServiceWork;
  readonly #inTurn = inOrder();
  #isOn = false;

  constructor(work: ServiceWork) {
    this.#work = work;
  }

  start(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isOn) return;
      try {
        await this.#work.begin();
        this.#isOn = true;
      } catch (error) {
        await this.#work.end();
        throw error;
      }
    });
  }

  stop(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#isOn) return;
      this.#isOn = false;
      await this.#work.end();
    });
  }
}
