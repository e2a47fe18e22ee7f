/**
 * Gives callers their turns, so that one caller with many large answers does not keep the others
 * waiting: what builds an answer runs in the server's only thread.
 */

/**
 * Between two large answers of a caller the event loop turns this often: in each turn it accepts
 * one new connection, so that as many of others get in.
 */
const turnsAfterLarge = 100;

/**
 * Lets a caller's requests begin at once, until one of the caller's answers is large. Then the
 * caller's next requests begin one after another, with turns for others in between. Small requests
 * are never delayed: submits that come together must share one commit.
 */
export class CallerTurns {
  readonly #callers = new Map<string, { readonly waiting: (() => void)[]; rest: number }>();

  /** Resolves when the caller may begin its next request. @param account the caller's. */
  async begin(account: string): Promise<void> {
    const caller = this.#callers.get(account);
    if (caller !== undefined) await new Promise<void>((resolve) => caller.waiting.push(resolve));
  }

  /** Records that a large answer was built for the caller. Its next request waits. */
  tookLong(account: string): void {
    const caller = this.#callers.get(account);
    if (caller !== undefined) {
      caller.rest = turnsAfterLarge;
      return;
    }
    this.#callers.set(account, { waiting: [], rest: turnsAfterLarge });
    this.#later(account);
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
