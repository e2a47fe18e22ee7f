/**
 * Gives callers their turns, so that one caller with many large answers does not keep the others
 * waiting: what builds an answer runs in the server's only thread.
 */

/**
 * Between two large answers of a caller the event loop turns this often: in each turn it accepts
 * one new connection, so that as many of others get in.
 */
const turnsAfterLarge = 100;

/** Lets each caller begin one request in a turn of the event loop; the rest wait in order. */
export class CallerTurns {
  readonly #callers = new Map<string, { readonly waiting: (() => void)[]; rest: number }>();

  /** Resolves when the caller may begin its next request. @param account the caller's. */
  async begin(account: string): Promise<void> {
    const caller = this.#callers.get(account);
    if (caller !== undefined) return await new Promise((resolve) => caller.waiting.push(resolve));
    this.#callers.set(account, { waiting: [], rest: 0 });
    this.#later(account);
  }

  /** Says that a large answer was built for the caller: its next request waits for longer. */
  tookLong(account: string): void {
    const caller = this.#callers.get(account);
    if (caller !== undefined) caller.rest = turnsAfterLarge;
  }

  #later(account: string): void {
    setImmediate(() => {
      const caller = this.#callers.get(account);
      if (caller === undefined) return;
      if (caller.rest > 0) caller.rest -= 1;
      else {
        const next = caller.waiting.shift();
        if (next === undefined) return void this.#callers.delete(account);
        next();
      }
      this.#later(account);
    });
  }
}
