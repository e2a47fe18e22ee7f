/**
 * Who calls: the unix socket's caller is its owner, anybody else shows a token. It decides nothing
 * about what a caller may do beyond scopes.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Caller } from "../../contract/caller.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { FailedLogins } from "./failed-logins.ts";
import type { Access } from "../../contract/operations/operation.ts";

/** @returns the caller whose secret it is; null when the secret is unknown. */
export type Authenticate = (secret: string) => Promise<Caller | null>;

/** The caller of a unix socket that only its owner can open. */
export const socketCaller: Caller = { scope: "admin", name: "socket" };

const ranks: Readonly<Record<Access, number>> = { open: 0, read: 1, submit: 2, admin: 3 };

/** The server's own token, compared in constant time; other secrets are looked up by their hash. */
export function authenticateBy(localToken: string, lookUp: Authenticate): Authenticate {
  const wanted = digest(localToken);
  return async (secret) => (timingSafeEqual(wanted, digest(secret)) ? { scope: "admin", name: "token:local" } : await lookUp(secret));
}

/** @throws WorkerError unauthorized; too_many_requests after many wrong tokens. */
export async function callerOf(request: IncomingMessage, authenticate: Authenticate, failedLogins: FailedLogins): Promise<Caller> {
  const { authorization } = request.headers;
  if (authorization === undefined)
    throw new WorkerError("unauthorized", "This server wants a token. Send it as: Authorization: Bearer <token>");
  const secret = /^Bearer +([\x21-\x7e]{1,500})$/i.exec(authorization)?.[1];
  const caller = secret === undefined ? null : await authenticate(secret);
  if (caller !== null) return caller;
  failedLogins.add(request.socket.remoteAddress ?? "", Date.now());
  throw new WorkerError(
    "unauthorized",
    "This server does not know the token, or the token was revoked. Ask the server's owner for another.",
  );
}

/** @throws WorkerError forbidden. */
export function checkScope(caller: Caller, access: Access): void {
  if (ranks[caller.scope] >= ranks[access]) return;
  throw new WorkerError("forbidden", `This needs a token of the scope "${access}"; yours has "${caller.scope}".`);
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
