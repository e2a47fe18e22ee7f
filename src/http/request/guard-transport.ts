/**
 * Refuses requests that a web page, a rebound DNS name or a confused proxy made, before anything
 * looks at them (docs/security.md).
 */
import type { IncomingMessage } from "node:http";
import { WorkerError } from "../../domain/errors.ts";

export type Transport =
  | { readonly kind: "socket" }
  /**
   * `hosts`: allowed values of Host, lower case. `origins`: allowed values of Origin. `site`: the
   * public address, under which pages for people are reached, and nothing else.
   */
  | {
      readonly kind: "tcp";
      readonly hosts: ReadonlySet<string>;
      readonly origins: ReadonlySet<string>;
      readonly site: URL | null;
    };

/** What a request is for: a `page` for people runs no scripts, a `document` does. */
export type Asked = "api" | "page" | "document";

/**
 * @param asked pages and documents are what links of other sites lead to.
 * @throws WorkerError forbidden, invalid_input.
 */
export function guardTransport(request: IncomingMessage, transport: Transport, asked: Asked = "api"): void {
  const { headers } = request;
  if (request.url?.startsWith("/") !== true) {
    throw new WorkerError("invalid_input", "The request's target must be a path like /api/v1/tasks.");
  }
  if (transport.kind === "socket") {
    if (headers.origin === undefined && headers.referer === undefined) return;
    throw new WorkerError("forbidden", "Web pages may not use the server's unix socket (the request has an Origin or Referer).");
  }
  const host = oneHost(request);
  const site = asked === "page" ? transport.site : null;
  if (host === null || !(transport.hosts.has(host) || host === site?.host)) {
    throw new WorkerError(
      "forbidden",
      "The request's Host is not one of this server's names. Use the address that `claude-worker server status` prints.",
    );
  }
  if (asked === "page") return guardPage(request, new Set([...transport.origins, ...(site === null ? [] : [site.origin])]));
  if (headers.origin !== undefined && !transport.origins.has(headers.origin)) throw foreign();
  // A person who follows a link comes without the cookie, and changes nothing by it.
  if (asked === "document" && headers["sec-fetch-dest"] === "document") return;
  if (headers.origin === undefined && headers["sec-fetch-site"] === "cross-site") throw foreign();
}

/**
 * A page may be opened from anywhere, and its form may be sent by itself only. As the page sends no
 * referrer, browsers name the form's origin as `null`; they say in `Sec-Fetch-Site` whose form it
 * was.
 */
function guardPage({ method, headers }: IncomingMessage, origins: ReadonlySet<string>): void {
  if (method === "GET" || method === "HEAD") return;
  const from = headers["sec-fetch-site"];
  if (from !== undefined && from !== "same-origin") throw foreign();
  if (headers.origin === "null" && from !== undefined) return;
  if (headers.origin !== undefined && !origins.has(headers.origin)) throw foreign();
}

/**
 * The names under which a server at this place may be called. @param more from the configuration,
 * e.g. a proxy's name.
 */
export function hostsOf(host: string, port: number, more: readonly string[] = []): Set<string> {
  const names = ["127.0.0.1", "localhost", "[::1]", host.includes(":") ? `[${host}]` : host];
  return new Set(
    [...names.flatMap((name) => [`${name}:${port}`, ...(port === 80 ? [name] : [])]), ...more].map((name) => name.toLowerCase()),
  );
}

/**
 * The origins of pages of a server with these names. The public address is one where its name is
 * among them, too: then a proxy may forward everything.
 */
export function originsOf(hosts: ReadonlySet<string>, site: URL | null): Set<string> {
  return new Set([...[...hosts].map((name) => `http://${name}`), ...(site !== null && hosts.has(site.host) ? [site.origin] : [])]);
}

/** Node joins or drops repeated headers; two Hosts are an attack, so the raw ones are counted. */
function oneHost(request: IncomingMessage): string | null {
  let host: string | null = null;
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    if (request.rawHeaders[index]?.toLowerCase() !== "host") continue;
    if (host !== null) return null;
    host = request.rawHeaders[index + 1] ?? "";
  }
  return host?.toLowerCase() ?? null;
}

function foreign(): WorkerError {
  return new WorkerError("forbidden", "Web pages of other origins may not use this server.");
}
