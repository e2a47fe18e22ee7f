/**
 * Opens a connection to the server that speaks MCP's stdio framing: an HTTP request that is
 * upgraded, written by hand to start quickly.
 */
import net from "node:net";
import type { Socket } from "node:net";
import { nameOf, requireToken } from "../../client/address.ts";
import type { ServerAddress } from "../../client/address.ts";
import { problemError } from "../../client/problem.ts";
import { unreachable } from "../../client/server-unreachable.ts";
import { WorkerError } from "../../domain/errors.ts";
import { withoutBrackets } from "../../domain/text/host-name.ts";

const longestHeadBytes = 64 * 1024;
const silenceMs = 30_000;

/**
 * @param headers more of them; values are ASCII.
 * @throws ServerUnreachable; WorkerError as the server refuses, unauthorized without the token that
 * the address needs.
 */
export async function upgradedConnection(address: ServerAddress, headers: Readonly<Record<string, string>>): Promise<Socket> {
  requireToken(address);
  const socket = await open(address);
  try {
    socket.write(requestOf(address, headers));
    await accepted(socket);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error instanceof WorkerError ? error : unreachable(error as Error, nameOf(address));
  }
}

async function open(address: ServerAddress): Promise<Socket> {
  const socket = address.kind === "socket" ? net.connect(address.path) : await connectTo(address.url);
  try {
    await new Promise<void>((resolve, reject) => {
      const isSecure = address.kind === "url" && address.url.protocol === "https:";
      socket.once(isSecure ? "secureConnect" : "connect", resolve).once("error", reject);
    });
    return socket;
  } catch (error) {
    throw unreachable(error as Error, nameOf(address));
  }
}

async function connectTo({ protocol, hostname, port }: URL): Promise<Socket> {
  const host = withoutBrackets(hostname);
  if (protocol === "http:") return net.connect(Number(port || 80), host);
  const tls = await import("node:tls");
  return tls.connect({ host, port: Number(port || 443), servername: net.isIP(host) > 0 ? "" : host });
}

function requestOf(address: ServerAddress, headers: Readonly<Record<string, string>>): string {
  const place =
    address.kind === "socket" ? { host: "localhost", path: "" } : { host: address.url.host, path: address.url.pathname.replace(/\/$/, "") };
  const all = {
    Host: place.host,
    Connection: "Upgrade",
    Upgrade: "claude-worker-mcp",
    ...(address.token ? { Authorization: `Bearer ${address.token}` } : {}),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${place.path}/mcp HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** Resolves when the server has agreed; what it has sent after that is still to be read. */
async function accepted(socket: Socket): Promise<void> {
  let text = Buffer.alloc(0);
  const end = await new Promise<number>((resolve, reject) => {
    const stop = (): void => {
      socket.off("data", take).off("error", fail).off("close", closed).setTimeout(0);
      socket.pause();
    };
    const fail = (error: Error): void => {
      stop();
      reject(error);
    };
    const closed = (): void => fail(text.length > 0 ? refusal(text.toString("utf8")) : new Error("closed"));
    const take = (chunk: Buffer): void => {
      text = Buffer.concat([text, chunk]);
      const at = text.indexOf("\r\n\r\n");
      if (text.length > longestHeadBytes) return fail(new Error("not a server of ours"));
      // A refusal closes the connection: then its body is here too.
      if (at === -1 || !text.subarray(0, 12).equals(agreed)) return;
      stop();
      resolve(at + 4);
    };
    socket.on("data", take).on("error", fail).on("close", closed);
    socket.setTimeout(silenceMs, () => fail(new Error(`said nothing for ${silenceMs / 1000} s`)));
  });
  if (end < text.length) socket.unshift(text.subarray(end));
}

const agreed = Buffer.from("HTTP/1.1 101");

function refusal(answer: string): WorkerError {
  const [head = "", body = ""] = answer.split(/\r\n\r\n(.*)/s, 2);
  const [, status = "0", statusText = ""] = /^HTTP\/1\.\d (\d{3}) ?(.*)/.exec(head) ?? [];
  if (status === "404" || status === "405") {
    return new WorkerError(
      "unavailable",
      "The server that runs is older than this command and knows no MCP. Restart it: claude-worker server restart",
    );
  }
  return problemError(Number(status), statusText, body);
}
