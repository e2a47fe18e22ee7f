/** Names the account of a caller: limits, rates and idempotency keys count per account. */
import type { Caller } from "./caller.ts";

/**
 * @returns the caller's account. A token counts by its id, which is never used again; any other
 * caller by the name that the door gave. What a client says of itself does not count. No name of a
 * token can look like another account.
 */
export function accountOf({ name, tokenId }: Pick<Caller, "name" | "tokenId">): string {
  return tokenId === undefined ? name : accountOfToken(tokenId);
}

/** The account of a token, by the id of the token. */
export function accountOfToken(id: number): string {
  return `token#${id}`;
}
