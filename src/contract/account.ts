/** What limits, rates and idempotency keys count for. */
import type { Caller } from "./caller.ts";

/**
 * The caller's account: a token counts by its id, which is never used again; any other caller by
 * the name that the door gave. What a client says of itself is not part of it. No name of a token
 * can look like another account.
 */
export function accountOf({ name, tokenId }: Pick<Caller, "name" | "tokenId">): string {
  return tokenId === undefined ? name : accountOfToken(tokenId);
}

/** The account of a token, by the id of the token. */
export function accountOfToken(id: number): string {
  return `token#${id}`;
}
