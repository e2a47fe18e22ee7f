/** Routes of browser sessions: what needs the cookie, and what a session has open. */
import type { IncomingMessage } from "node:http";
import type { WorkerApi } from "../../contract/api.ts";
import { operations } from "../../contract/operations/index.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { OpenConnections } from "../listener/open-connections.ts";
import type { Authenticate } from "../request/authenticate.ts";
import type { FailedLogins } from "../request/failed-logins.ts";
import { route } from "../request/route.ts";
import type { Answer, Route } from "../request/route.ts";
import type { SessionCookie } from "../request/session-cookie.ts";

export interface SignInDoor {
  readonly authenticate: Authenticate;
  /** Counts wrong codes and tokens. */
  readonly failedLogins: FailedLogins;
  readonly cookie: SessionCookie;
  readonly connections: OpenConnections;
}

export function browserSessionRoutes(api: WorkerApi, door: SignInDoor): Route[] {
  const { cookie, connections } = door;
  return [
    route(operations.createSession, async ({ body, request }): Promise<Answer> => {
      const by = await signInBy(body, door);
      const opened = by === null ? null : await api.openSession(by, browserOf(request));
      if (opened === null) throw refused(body.code === undefined, request, door);
      return { status: 201, json: opened.session, headers: { "set-cookie": cookie.set(request, opened.secret) } };
    }),
    route(operations.removeSession, async ({ params, caller, request }): Promise<Answer> => {
      await api.removeSession(params, caller);
      connections.closeOfSession(params.id);
      return { status: 204, ...(params.id === caller.sessionId ? { headers: { "set-cookie": cookie.clear(request) } } : {}) };
    }),
    route(operations.removeOtherSessions, async ({ caller }): Promise<Answer> => {
      const json = await api.removeOtherSessions({}, caller);
      for (const id of json.ended) connections.closeOfSession(id);
      return { status: 200, json };
    }),
  ];
}

type SignInBy = Parameters<WorkerApi["openSession"]>[0];

/** Null: the server does not know the token. */
async function signInBy(
  { code, token = "" }: { readonly code?: string | undefined; readonly token?: string | undefined },
  { authenticate }: SignInDoor,
): Promise<SignInBy | null> {
  if (code !== undefined) return { code };
  const caller = await authenticate(token);
  return caller === null ? null : { caller };
}

/** @throws WorkerError too_many_requests. */
function refused(isToken: boolean, request: IncomingMessage, { failedLogins }: SignInDoor): WorkerError {
  failedLogins.add(request.socket.remoteAddress ?? "", Date.now());
  if (isToken)
    return new WorkerError(
      "unauthorized",
      "This server does not know the token, or the token was revoked. Check it, or sign in with: claude-worker open",
    );
  return new WorkerError("unauthorized", "This code was used already, or it is older than a minute. Get another: claude-worker open");
}

function browserOf(request: IncomingMessage): { address: string | null; userAgent: string | null } {
  return { address: request.socket.remoteAddress ?? null, userAgent: request.headers["user-agent"] ?? null };
}
