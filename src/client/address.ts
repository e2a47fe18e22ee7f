/** Where a server is: its unix socket on this machine, or a URL; and the token to show there. */
import { WorkerError } from "../domain/errors.ts";

export type ServerAddress =
  /** Its owner needs no token; what runs inside a task shows the task's. */
  | { readonly kind: "socket"; readonly path: string; readonly token?: string | null }
  | { readonly kind: "url"; readonly url: URL; readonly token: string | null };

/**
 * The address of a server that listens on TCP.
 * @param text `http://host:port` or `https://…`; a path in front of `/api/v1` is kept.
 * @throws WorkerError invalid_input.
 */
export function urlAddress(text: string, token: string | null): ServerAddress {
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
