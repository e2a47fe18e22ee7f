/**
 * Bounds what all connections together make the server hold: bodies that arrive, or answers that
 * wait to be read.
 */
import { WorkerError } from "../../domain/errors.ts";

/** Counts the bytes that connections hold against one limit. */
export class MemoryBudget {
  readonly #limitBytes: number;
  readonly #holders: string;
  #used = 0;

  /** @param holders what uses it, for the sentence to the client: "answers". */
  constructor(limitBytes: number, holders: string) {
    this.#limitBytes = limitBytes;
    this.#holders = holders;
  }

  /**
   * One alone may be over the limit.
   * @returns gives the bytes back; may be called twice.
   * @throws WorkerError unavailable (with Retry-After): others hold too much at the moment.
   */
  take(bytes: number): () => void {
    if (this.#used > 0 && this.#used + bytes > this.#limitBytes) {
      throw new WorkerError("unavailable", `Too many large ${this.#holders} are under way at once. Try again in a moment.`);
    }
    this.#used += bytes;
    let held = bytes;
    return () => {
      this.#used -= held;
      held = 0;
    };
  }
}
