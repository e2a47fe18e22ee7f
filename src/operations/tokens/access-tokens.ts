/** Creates, lists, revokes and checks access tokens. Stores only the hash of a secret. */
import { createHash, randomBytes } from "node:crypto";
import type { Caller } from "../../contract/caller.ts";
import type { ParsedTokenInput } from "../../contract/operations/tokens.ts";
import type { NewTokenView, TokenView } from "../../contract/views/token.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { Store } from "../../store/store.ts";
import type { Token } from "../../store/sqlite/tokens.ts";
import { sessionName } from "../sessions/browser-sessions.ts";
import { callerNameOf } from "../questions/answer-from-channel.ts";
import { takeBackAnswers } from "../questions/take-back-answers.ts";
import { takeBackAll } from "../messages/unsend-message.ts";
import { rfc3339, rfc3339OrNull } from "../tasks/times.ts";

/** `last_used_at` is written at most this often for a token. */
const usedGrainMs = 60_000;

export function listTokens(store: Store): TokenView[] {
  return store.tokens.list().map(tokenView);
}

/**
 * @throws WorkerError conflict when the name is taken; invalid_input when it would have expired
 * already.
 */
export async function createToken(store: Store, input: ParsedTokenInput, now: number): Promise<NewTokenView> {
  const expiresAt = typeof input.expires_at === "string" ? Date.parse(input.expires_at) : null;
  if (expiresAt !== null && expiresAt <= now) {
    throw new WorkerError("invalid_input", "The token would have expired already. Give a later moment.", [
      { pointer: "/expires_at", detail: "lies in the past" },
    ]);
  }
  const secret = `cw_${randomBytes(32).toString("base64url")}`;
  const token = await store.write(() =>
    store.tokens.insert({
      name: input.name,
      scope: input.scope,
      hash: hashOf(secret),
      hint: secret.slice(0, 7),
      createdAt: now,
      expiresAt,
    }),
  );
  if (token === null)
    throw new WorkerError("conflict", `There is a token named "${input.name}" already. Choose another name, or remove that one first.`);
  return { ...tokenView(token), token: secret };
}

/**
 * Removes a token, and its browser sessions with it. What was sent with them and waits is not said
 * any more, as their tasks do not start; what was answered with them and has had no effect is asked
 * again.
 * @throws WorkerError not_found.
 */
export async function removeToken(store: Store, id: number, caller: Caller, now: number): Promise<void> {
  const removed = await store.write(() => {
    const sessions = store.browserSessions.ofToken(id);
    const token = store.tokens.remove(id);
    if (token === null) return null;
    const callers = [nameOf(token), ...sessions.map((session) => sessionName(session, token))];
    for (const sender of callers) takeBackAll(store, sender, caller.name, now);
    const channels = store.notifications.channels().filter(({ addedToken }) => addedToken === id);
    for (const sender of [...callers, ...channels.map(callerNameOf)]) takeBackAnswers(store, sender, now);
    return token;
  });
  if (removed === null) throw new WorkerError("not_found", `There is no token ${id}. See: claude-worker token list`);
}

/**
 * The caller that a secret belongs to; null when the secret is unknown or the token has expired.
 */
export function callerOfToken(store: Store, secret: string, now: number): Caller | null {
  const token = store.tokens.byHash(hashOf(secret));
  if (token === null || (token.expiresAt !== null && token.expiresAt <= now)) return null;
  if (token.lastUsedAt === null || now - token.lastUsedAt >= usedGrainMs) {
    // Not awaited, and errors are ignored: a caller can work although the disk is full.
    void store.write(() => store.tokens.used(token.id, now)).catch(() => undefined);
  }
  return {
    scope: token.scope,
    name: nameOf(token),
    tokenId: token.id,
    ...(token.expiresAt === null ? {} : { expiresAt: token.expiresAt }),
  };
}

/** The name of its caller. */
function nameOf({ name }: Pick<Token, "name">): string {
  return `token:${name}`;
}

function tokenView(token: Token): TokenView {
  return {
    id: token.id,
    name: token.name,
    scope: token.scope,
    hint: token.hint,
    created_at: rfc3339(token.createdAt),
    expires_at: rfc3339OrNull(token.expiresAt),
    last_used_at: rfc3339OrNull(token.lastUsedAt),
  };
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
