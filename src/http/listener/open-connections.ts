/**
 * Connections that outlive their first request, by caller: they end with the token or the browser
 * session that opened them, revoked or expired.
 */
import { accountOf } from "../../contract/account.ts";
import type { Caller } from "../../contract/caller.ts";

interface Open {
  readonly account: string;
  readonly sessionId: number | undefined;
  readonly close: () => void;
  readonly expiry: NodeJS.Timeout | null;
}

/** Longest delay that a timer takes. */
const longestMs = 2 ** 31 - 1;

export class OpenConnections {
  readonly #open = new Set<Open>();

  /** @returns call it when the connection has ended by itself. */
  add(caller: Caller, close: () => void): () => void {
    const forget = (): void => {
      this.#open.delete(open);
      if (open.expiry !== null) clearTimeout(open.expiry);
    };
    const leftMs = caller.expiresAt === undefined ? null : Math.max(0, caller.expiresAt - Date.now());
    // A token that is good for longer than a timer can wait outlives every connection.
    const expiry = leftMs === null || leftMs > longestMs ? null : setTimeout(() => close(), leftMs);
    const open: Open = { account: accountOf(caller), sessionId: caller.sessionId, close, expiry };
    this.#open.add(open);
    return forget;
  }

  /** Ends the connections of an account whose token was revoked. */
  closeOf(account: string): void {
    for (const { account: owner, close } of this.#open) if (owner === account) close();
  }

  /** Ends the connections of a browser session that was ended. */
  closeOfSession(id: number): void {
    for (const { sessionId, close } of this.#open) if (sessionId === id) close();
  }
}
