/**
 * Begins, lists, checks and ends sessions of browsers (docs/decisions/0046). Stores a hash of a
 * cookie's secret that needs a key outside of the database.
 */
import { createHmac, randomBytes } from "node:crypto";
import type { BrowserAtSignIn, SessionCaller } from "../../contract/api.ts";
import type { Caller } from "../../contract/caller.ts";
import type { BrowserSessionView } from "../../contract/views/browser-session.ts";
import { WorkerError } from "../../domain/errors.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import type { BrowserSession } from "../../store/sqlite/browser-sessions.ts";
import type { Token } from "../../store/sqlite/tokens.ts";
import type { Store } from "../../store/store.ts";
import { rfc3339 } from "../tasks/times.ts";
import type { LoginCodes } from "./login-codes.ts";

/** A session that is not used for this long has ended. */
const idleMs = 30 * 86_400_000;
/** `last_used_at` is written at most this often for a session. */
const usedGrainMs = 60_000;
const longestUserAgent = 300;

export interface SessionContext {
  readonly store: Store;
  readonly codes: LoginCodes;
  /** Makes the hashes of secrets. */
  readonly key: string;
  now(): number;
}

/**
 * Begins a session.
 * @returns null: the code is unknown, used or too old.
 * @throws WorkerError forbidden: the caller is a task.
 */
export async function openSession(
  context: SessionContext,
  by: { readonly code: string } | { readonly caller: Caller },
  { address, userAgent }: BrowserAtSignIn,
): Promise<{ session: BrowserSessionView; secret: string } | null> {
  const { store, key, now } = context;
  const rights = "code" in by ? rightsOfCode(context, by.code) : rightsOf(by.caller);
  if (rights === null) return null;
  const secret = randomBytes(32).toString("base64url");
  const agent = userAgent === null ? null : plainLine(userAgent, longestUserAgent);
  const session = await store.write(() => {
    for (const { id, lastUsedAt } of store.browserSessions.list()) if (lastUsedAt + idleMs <= now()) store.browserSessions.end(id, now());
    const signedInWith = "code" in by ? "code" : "token";
    return store.browserSessions.insert({
      ...rights,
      hash: hashOf(key, secret),
      signedInWith,
      createdAt: now(),
      userAgent: agent,
      address,
    });
  });
  return { session: viewOf(session, tokensById(store), session.id), secret };
}

type Rights = Pick<BrowserSession, "scope" | "tokenId">;

function rightsOfCode({ codes, store }: SessionContext, code: string): Rights | null {
  const maker = codes.take(code);
  if (maker === null || (maker.tokenId !== null && !store.tokens.exists(maker.tokenId))) return null;
  return { scope: "admin", tokenId: maker.tokenId };
}

/** @throws WorkerError forbidden. */
function rightsOf({ scope, tokenId, taskId }: Caller): Rights {
  if (taskId !== undefined) throw new WorkerError("forbidden", "A task's token cannot sign a browser in. Use a person's token.");
  return { scope, tokenId: tokenId ?? null };
}

/** The caller of a cookie's secret. Null: it is unknown, or its session has ended. */
export function callerOfSession({ store, key, now }: Pick<SessionContext, "store" | "key" | "now">, secret: string): SessionCaller | null {
  const session = store.browserSessions.byHash(hashOf(key, secret));
  const moment = now();
  if (session === null || session.lastUsedAt + idleMs <= moment) return null;
  const token = session.tokenId === null ? null : (tokensById(store).get(session.tokenId) ?? null);
  // The session of a token is never one of the server's owner.
  if (session.tokenId !== null && token === null) return null;
  if (token !== null && token.expiresAt !== null && token.expiresAt <= moment) return null;
  const isRenewed = moment - session.lastUsedAt >= usedGrainMs;
  // Not awaited, and errors are ignored: a person can work although the disk is full.
  if (isRenewed) void store.write(() => store.browserSessions.used(session.id, moment)).catch(() => undefined);
  return { isRenewed, caller: callerFor(session, token) };
}

function callerFor(session: BrowserSession, token: Token | null): Caller {
  const { id, scope } = session;
  const own = { scope, name: sessionName(session, token), sessionId: id };
  if (token === null) return own;
  return { ...own, tokenId: token.id, ...(token.expiresAt === null ? {} : { expiresAt: token.expiresAt }) };
}

/** The name of a session as a caller: `session:4`, and `session:4:ci` where it is of a token. */
export function sessionName({ id }: Pick<BrowserSession, "id">, token: Pick<Token, "name"> | null): string {
  return token === null ? `session:${id}` : `session:${id}:${token.name}`;
}

export function listSessions({ store, now }: Pick<SessionContext, "store" | "now">, caller: Caller): BrowserSessionView[] {
  const tokens = tokensById(store);
  return seenBy(store, caller)
    .map((session) => viewOf(session, tokens, caller.sessionId))
    .filter(({ expires_at }) => Date.parse(expires_at) > now());
}

/** @throws WorkerError not_found. */
export async function removeSession({ store, now }: Pick<SessionContext, "store" | "now">, id: number, caller: Caller): Promise<void> {
  const ended = await store.write(() => seenBy(store, caller).some((each) => each.id === id) && store.browserSessions.end(id, now()));
  if (!ended) throw new WorkerError("not_found", `There is no browser session ${id}. See: claude-worker session list`);
}

/** @returns the numbers of the sessions that ended. */
export async function removeOtherSessions({ store, now }: Pick<SessionContext, "store" | "now">, caller: Caller): Promise<number[]> {
  return await store.write(() =>
    seenBy(store, caller)
      .map(({ id }) => id)
      .filter((id) => id !== caller.sessionId && store.browserSessions.end(id, now())),
  );
}

/** The sessions that a caller may see and end. */
function seenBy(store: Store, { scope, tokenId, sessionId }: Caller): BrowserSession[] {
  const all = store.browserSessions.list();
  if (scope === "admin") return all;
  return all.filter((session) => session.id === sessionId || (tokenId !== undefined && session.tokenId === tokenId));
}

function viewOf(session: BrowserSession, tokens: ReadonlyMap<number, Token>, current: number | undefined): BrowserSessionView {
  const token = session.tokenId === null ? null : (tokens.get(session.tokenId) ?? null);
  return {
    id: session.id,
    scope: session.scope,
    signed_in_with: session.signedInWith,
    token: token?.name ?? null,
    created_at: rfc3339(session.createdAt),
    last_used_at: rfc3339(session.lastUsedAt),
    expires_at: rfc3339(Math.min(session.lastUsedAt + idleMs, token?.expiresAt ?? Infinity)),
    user_agent: session.userAgent,
    address: session.address,
    current: session.id === current,
  };
}

function tokensById(store: Store): ReadonlyMap<number, Token> {
  return new Map(store.tokens.list().map((token) => [token.id, token]));
}

/** A copy of the database does not show which cookie would fit, nor can it be given one. */
function hashOf(key: string, secret: string): string {
  return createHmac("sha256", key).update(`browser session ${secret}`).digest("hex");
}
