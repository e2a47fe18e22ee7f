/**
 * Holds the codes that sign a browser in: for a minute, for one use, and by their hash only. They
 * are not stored, so a restart ends them.
 */
import { createHash, randomBytes } from "node:crypto";

/** How long a code is good. */
const lifetimeMs = 60_000;
/** More open codes end the oldest ones. */
const mostCodes = 100;

/** Whom a code was made by: the session ends with that caller's token. */
export interface CodeMaker {
  readonly tokenId: number | null;
}

interface Held extends CodeMaker {
  readonly expiresAt: number;
}

export class LoginCodes {
  readonly #now: () => number;
  /** By the hash of the code, oldest first. */
  readonly #held = new Map<string, Held>();

  /** @param now a clock in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Makes a code of 256 random bits. */
  make(maker: CodeMaker): { readonly code: string; readonly expiresAt: number } {
    const now = this.#now();
    for (const [hash, { expiresAt }] of this.#held) if (expiresAt <= now || this.#held.size >= mostCodes) this.#held.delete(hash);
    const code = randomBytes(32).toString("base64url");
    const expiresAt = now + lifetimeMs;
    this.#held.set(hashOf(code), { tokenId: maker.tokenId, expiresAt });
    return { code, expiresAt };
  }

  /** Uses a code up. Null: it is unknown, used or too old. */
  take(code: string): CodeMaker | null {
    const hash = hashOf(code);
    const held = this.#held.get(hash);
    this.#held.delete(hash);
    return held === undefined || held.expiresAt <= this.#now() ? null : held;
  }
}

function hashOf(code: string): string {
  return createHash("sha256").update(code).digest("hex");
}
