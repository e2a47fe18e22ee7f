/** Says where a server is (its unix socket on this machine, or a URL) and which token to send. */
import { WorkerError } from "../domain/errors.ts";

export type ServerAddress =
  /** The socket's owner needs no token; a process inside a task sends the task's token. */
  { readonly kind: "socket"; readonly path: string; readonly token?: string | null } | UrlAddress;

export interface UrlAddress {
  readonly kind: "url";
  readonly url: URL;
  readonly token: string | null;
  /** Without a token only a health request is sent. */
  readonly needsToken?: boolean;
}

/**
 * The address of a server that listens on TCP.
 * @param text `http://host:port` or `https://…`; a path in front of `/api/v1` is kept.
 * @throws WorkerError invalid_input.
 */
export function urlAddress(text: string, token: string | null): UrlAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new WorkerError("invalid_input", `"${text}" is not the address of a server. Give one like http://127.0.0.1:8000.`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new WorkerError("invalid_input", "A server's address must not hold a password. Give the token in CLAUDE_WORKER_TOKEN.");
  }
  return { kind: "url", url, token };
}

/** The address for people; never with the token. */
export function nameOf(address: ServerAddress): string {
  return address.kind === "socket" ? address.path : address.url.href.replace(/\/$/, "");
}

/**
 * Refuses to send a request without the token that the address needs: another program may listen
 * there. @throws WorkerError unauthorized.
 */
export function requireToken(address: ServerAddress): void {
  if (address.kind === "socket" || address.token !== null || address.needsToken !== true) return;
  throw new WorkerError(
    "unauthorized",
    `No token for the server at ${nameOf(address)}: the token of your own server is not sent there. Make one on that server ` +
      "(claude-worker token create NAME) and set CLAUDE_WORKER_TOKEN. Check CLAUDE_WORKER_SERVER_URL, or the setting server_url; " +
      "without it your own server on this machine is used.",
  );
}
