/**
 * The error of a client that gets no answer: no server listens, or the server ended or stays
 * silent.
 */
import { WorkerError } from "../domain/errors.ts";

/**
 * `connectionRefused`: no server listens, so the request was certainly not carried out.
 * `brokeOff`: the connection ended before the answer, so the request may have been carried out.
 */
export class ServerUnreachable extends WorkerError {
  readonly address: string;
  readonly connectionRefused: boolean;
  readonly brokeOff: boolean;

  constructor(message: string, options: { address: string; connectionRefused?: boolean; brokeOff?: boolean }) {
    super("server_unreachable", message);
    this.name = "ServerUnreachable";
    this.address = options.address;
    this.connectionRefused = options.connectionRefused ?? false;
    this.brokeOff = options.brokeOff ?? false;
  }
}

const refusals = new Set(["ENOENT", "ENOTDIR", "ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ENOTSOCK"]);

/** Turns an error of the connection into a ServerUnreachable. @param address as people read it. */
export function unreachable(cause: Error, address: string): ServerUnreachable {
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
  const connectionRefused = code !== undefined && refusals.has(code);
  const fix = /^https?:/.test(address)
    ? "Check CLAUDE_WORKER_SERVER_URL, the network and that server."
    : "Start it: claude-worker server start";
  if (code === "EACCES" || code === "EPERM")
    return new ServerUnreachable(`The server's socket ${address} may not be used by this user. Call as the user who started the server.`, {
      address,
    });
  const message = connectionRefused
    ? `No server answers at ${address}. ${fix}`
    : `The server at ${address} broke off before it had answered (${code ?? cause.message}). See whether it runs: claude-worker server status`;
  return new ServerUnreachable(message, { address, connectionRefused, brokeOff: !connectionRefused });
}
