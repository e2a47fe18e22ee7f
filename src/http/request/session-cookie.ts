/**
 * The cookie of a browser session (docs/decisions/0046): its name, and when it counts. Where it
 * does not count, the request has no caller yet.
 */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { SessionCaller } from "../../contract/api.ts";
import { WorkerError } from "../../domain/errors.ts";

/** Browsers forget a cookie after this; each renewal sends it again. */
const maxAgeS = 30 * 86_400;
/** Another program on this host name may have set cookies of the same name. */
const mostTried = 4;

export interface SessionCookieOptions {
  /** The local admin token: the cookie's name says which server it belongs to. */
  readonly token: string;
  /** The public address; null: there is none. */
  readonly site: URL | null;
  callerOfSession(secret: string): Promise<SessionCaller | null>;
}

export class SessionCookie {
  readonly #options: SessionCookieOptions;
  readonly #name: string;

  constructor(options: SessionCookieOptions) {
    this.#options = options;
    // Browsers do not keep cookies apart by port, so two servers on one host name would overwrite
    // each other's. The port does not tell them apart either: a tunnel brings another machine's
    // server to the same port.
    this.#name = `cw-session-${createHash("sha256").update(`claude-worker cookie\0${options.token}`).digest("hex").slice(0, 8)}`;
  }

  /** The value of `Set-Cookie` that signs in, or keeps signed in. */
  set(request: IncomingMessage, secret: string): string {
    return this.#cookie(request, secret, maxAgeS);
  }

  /** The value of `Set-Cookie` that removes the cookie. */
  clear(request: IncomingMessage): string {
    return this.#cookie(request, "", 0);
  }

  /**
   * The session of the request's cookie, and the secret of it.
   * @returns null: there is no cookie, or its session has ended.
   */
  async sessionOf(request: IncomingMessage): Promise<(SessionCaller & { readonly secret: string }) | null> {
    for (const secret of this.#secretsOf(request)) {
      const session = await this.#options.callerOfSession(secret);
      if (session !== null) return { ...session, secret };
    }
    return null;
  }

  /**
   * The session that makes a request of the API.
   * @returns null: the request has no cookie.
   * @throws WorkerError unauthorized: the session has ended; forbidden: the request may come from
   * another page.
   */
  async callerOf(request: IncomingMessage): Promise<(SessionCaller & { readonly secret: string }) | null> {
    if (this.#secretsOf(request).length === 0) return null;
    this.#requireOwnPage(request);
    const session = await this.sessionOf(request);
    if (session !== null) return session;
    throw new WorkerError("unauthorized", "This browser is not signed in any more. Sign in again: claude-worker open");
  }

  #cookie(request: IncomingMessage, value: string, ageS: number): string {
    const end = `; Path=/; Max-Age=${ageS}; HttpOnly; SameSite=Strict`;
    return this.#isSecure(request) ? `__Host-${this.#name}=${value}${end}; Secure` : `${this.#name}=${value}${end}`;
  }

  #secretsOf(request: IncomingMessage): string[] {
    const wanted = this.#isSecure(request) ? `__Host-${this.#name}` : this.#name;
    const pairs = (request.headers.cookie ?? "").split(";").map((pair) => pair.trim().split(/=(.*)/s, 2));
    return pairs.flatMap(([name, value]) => (name === wanted && /^[\w-]{43}$/.test(value ?? "") ? [value ?? ""] : [])).slice(0, mostTried);
  }

  /**
   * The cookie is sent with every request to the host name, so something else must show that a page
   * of this server makes the request: a header that other origins cannot send without asking first,
   * and the browser's own word on the origin.
   */
  #requireOwnPage(request: IncomingMessage): void {
    const { method, headers } = request;
    const from = headers["sec-fetch-site"];
    if (from !== undefined && from !== "same-origin" && from !== "none") throw foreign();
    if (method === "GET" || method === "HEAD") return;
    if (headers["x-claude-worker"] !== "1")
      throw new WorkerError("forbidden", "With a cookie, a request that changes something needs the header X-Claude-Worker: 1.");
    if (headers.origin !== this.#originOf(request)) throw foreign();
  }

  /** The origin of the pages at the address that the request was sent to. */
  #originOf(request: IncomingMessage): string {
    return `${this.#isSecure(request) ? "https" : "http"}://${request.headers.host?.toLowerCase() ?? ""}`;
  }

  /** Whether the browser speaks TLS, to the proxy that the public address names. */
  #isSecure({ headers }: IncomingMessage): boolean {
    const { site } = this.#options;
    return site?.protocol === "https:" && headers.host?.toLowerCase() === site.host;
  }
}

function foreign(): WorkerError {
  return new WorkerError("forbidden", "Only pages of this server may use its cookie.");
}
