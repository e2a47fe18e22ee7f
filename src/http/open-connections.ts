/** Connections that outlive their first request, by caller: they end with the token that opened them, revoked or expired. */
import type { Caller } from "../contract/api.ts";

interface Open {
  readonly name: string;
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
    const open: Open = { name: caller.name, close, expiry };
    this.#open.add(open);
    return forget;
  }

  /** Ends the connections of a caller whose token is gone. */
  closeOf(name: string): void {
    for (const { name: owner, close } of this.#open) if (owner === name) close();
  }
}
