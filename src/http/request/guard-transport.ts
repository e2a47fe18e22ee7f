/**
 * Refuses requests that a web page, a rebound DNS name or a confused proxy made, before anything
 * looks at them (docs/security.md).
 */
import type { IncomingMessage } from "node:http";
import { WorkerError } from "../../domain/errors.ts";

export type Transport =
  | { readonly kind: "socket" }
  /** `hosts`: allowed values of Host, lower case. `origins`: allowed values of Origin. */
  | { readonly kind: "tcp"; readonly hosts: ReadonlySet<string>; readonly origins: ReadonlySet<string> };

/** @throws WorkerError forbidden, invalid_input. */
export function guardTransport(request: IncomingMessage, transport: Transport): void {
  const { headers } = request;
  if (request.url?.startsWith("/") !== true) {
    throw new WorkerError("invalid_input", "The request's target must be a path like /api/v1/tasks.");
  }
  if (transport.kind === "socket") {
    if (headers.origin === undefined && headers.referer === undefined) return;
    throw new WorkerError("forbidden", "Web pages may not use the server's unix socket (the request has an Origin or Referer).");
  }
  const host = oneHost(request);
  if (host === null || !transport.hosts.has(host)) {
    throw new WorkerError(
      "forbidden",
      "The request's Host is not one of this server's names. Use the address that `claude-worker server status` prints.",
    );
  }
  if (headers.origin !== undefined && !transport.origins.has(headers.origin)) throw foreign();
  if (headers.origin === undefined && headers["sec-fetch-site"] === "cross-site") throw foreign();
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
