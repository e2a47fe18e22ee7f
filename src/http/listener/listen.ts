/** Opens the server's unix socket and TCP port so that only permitted users can reach them. */
import { lstatSync, chmodSync, statSync, unlinkSync } from "node:fs";
import { isIP } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { dirname } from "node:path";
import { WorkerError } from "../../domain/errors.ts";
import { withoutBrackets } from "../../domain/text/host-name.ts";

/**
 * The caller holds the server's lock, so a socket that is there is left over and is replaced.
 * @throws WorkerError storage_unusable.
 */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  checkDirectory(dirname(path));
  removeLeftOver(path);
  const umask = process.umask(0o177);
  try {
    // Node binds a path within this call, so the mode is right from the first moment.
    server.listen({ path });
  } finally {
    process.umask(umask);
  }
  await listening(server, (error) => new WorkerError("storage_unusable", `The socket ${path} cannot be opened: ${error.message}.`));
  chmodSync(path, 0o600);
}

export interface TcpPlace {
  readonly host: string;
  readonly port: number;
  /** Without it a bind to every interface is refused. */
  readonly dangerouslyBindAll?: boolean;
}

/**
 * @returns the port (the system's choice when 0 was asked for).
 * @throws WorkerError invalid_input (a wildcard, no address), conflict (the port is taken).
 */
export async function listenOnTcp(server: Server, place: TcpPlace): Promise<number> {
  const host = addressOf(place);
  server.listen({ host, port: place.port, exclusive: true });
  await listening(server, (error) => portError(error, host, place.port));
  return (server.address() as AddressInfo).port;
}

/** @throws WorkerError invalid_input. */
function addressOf({ host, dangerouslyBindAll = false }: TcpPlace): string {
  const name = withoutBrackets(host.trim());
  const address = name.toLowerCase() === "localhost" ? "127.0.0.1" : name;
  if (isWildcard(address)) {
    if (dangerouslyBindAll) return isIP(address) > 0 ? address : "0.0.0.0";
    throw new WorkerError(
      "invalid_input",
      `Listening on ${JSON.stringify(host)} means every network: anyone with the token could run commands as you. ` +
        "Use 127.0.0.1 and a tunnel (ssh -L), or give --dangerously-bind-all.",
    );
  }
  if (isIP(address) > 0) return address;
  throw new WorkerError("invalid_input", `The host ${JSON.stringify(host)} is not an IP address of this machine. Use 127.0.0.1.`);
}

/**
 * Every spelling that the system takes for "all addresses": 0.0.0.0, ::, 0, 0x0, ::0,
 * ::ffff:0.0.0.0, an empty text …
 */
function isWildcard(address: string): boolean {
  if (address === "") return true;
  if (/^(0x0*|0+)(\.(0x0*|0+)){0,3}$/i.test(address)) return true;
  return address.includes(":") && /^[0:]*(ffff:)?[0:.]*$/i.test(address);
}

function portError(error: NodeJS.ErrnoException, host: string, port: number): WorkerError {
  if (error.code === "EADDRINUSE") {
    return new WorkerError(
      "conflict",
      `Port ${port} on ${host} is taken by another program. Give another one: claude-worker server start --port ${port + 1}.`,
    );
  }
  if (error.code === "EACCES") {
    return new WorkerError(
      "forbidden",
      `Port ${port} on ${host} may not be opened by this user. Give one above 1023: claude-worker server start --port 8000.`,
    );
  }
  return new WorkerError("invalid_input", `${host}:${port} cannot be listened on: ${error.message}. Check --host and --port.`);
}

function listening(server: Server, failure: (error: NodeJS.ErrnoException) => WorkerError): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(failure(error)));
    if (server.listening) resolve();
    else server.once("listening", resolve);
  });
}

function checkDirectory(directory: string): void {
  const { mode } = statSync(directory);
  if ((mode & 0o077) === 0) return;
  throw new WorkerError("storage_unusable", `The directory ${directory} is open to others. Close it: chmod 700 ${directory}`);
}

function removeLeftOver(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isSocket()) throw new WorkerError("storage_unusable", `${path} is not a socket. Remove it.`);
  unlinkSync(path);
}
