/**
 * Node's own HTTP over a unix socket or TCP, with connections that are kept for the next request;
 * an idle one does not keep the process alive.
 */
import { Agent, request } from "node:http";
import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { withoutBrackets } from "../domain/text/host-name.ts";
import type { ServerAddress } from "./address.ts";
import { isReset, Silence } from "./wire.ts";
import type { WireAnswer, WireRequest } from "./wire.ts";

export interface KeptConnections {
  /** The answer as it streams in, whatever its status. @throws Error of the connection. */
  open(wire: WireRequest): Promise<IncomingMessage>;
  /** The same, read to its end. */
  ask(wire: WireRequest): Promise<WireAnswer>;
  /** Reads an answer to its end. */
  whole(answer: IncomingMessage): Promise<WireAnswer>;
  close(): void;
}

interface Transport {
  readonly agent: Agent;
  readonly request: (options: RequestOptions) => ClientRequest;
}

export function keptConnections(address: ServerAddress): KeptConnections {
  let transport: Transport | null = null;
  const open = async (wire: WireRequest): Promise<IncomingMessage> =>
    await opened(address, (transport ??= await transportTo(address)), wire);
  return {
    open,
    whole: readWhole,
    ask: async (wire) => await readWhole(await open(wire)),
    close: () => transport?.agent.destroy(),
  };
}

async function transportTo(address: ServerAddress): Promise<Transport> {
  if (address.kind === "socket" || address.url.protocol === "http:") return { agent: new Agent({ keepAlive: true }), request };
  const https = await import("node:https");
  return { agent: new https.Agent({ keepAlive: true }), request: https.request };
}

async function opened(address: ServerAddress, transport: Transport, wire: WireRequest): Promise<IncomingMessage> {
  return await new Promise((resolve, reject) => {
    const { method, target: path, headers } = wire;
    const call = transport.request({ ...placeOf(address), agent: transport.agent, method, path, headers });
    call.on("response", resolve);
    call.on("error", (error) => {
      // A kept connection may have ended with its server: send a reading request again (Node's
      // advice for `reusedSocket`).
      if (call.reusedSocket && isReset(error) && method === "GET" && wire.signal?.aborted !== true)
        resolve(opened(address, transport, wire));
      else reject(error);
    });
    call.setTimeout(wire.silenceMs, () => call.destroy(new Silence()));
    abortWith(wire.signal, call);
    call.end(wire.body ?? undefined);
  });
}

function placeOf(address: ServerAddress): RequestOptions & { servername?: string } {
  // Without a TLS server name Node computes one for every request, which takes 5 ms at the first
  // one.
  if (address.kind === "socket") return { socketPath: address.path, servername: "" };
  const { hostname, port, protocol } = address.url;
  return { hostname: withoutBrackets(hostname), port, ...(protocol === "http:" ? { servername: "" } : {}) };
}

function abortWith(signal: AbortSignal | undefined, call: ClientRequest): void {
  if (signal === undefined) return;
  const abort = (): void => void call.destroy();
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  call.on("close", () => signal.removeEventListener("abort", abort));
}

async function readWhole(answer: IncomingMessage): Promise<WireAnswer> {
  return await new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    answer.on("data", (part: Buffer) => void parts.push(part));
    answer.on("end", () => {
      resolve({ status: answer.statusCode ?? 0, statusText: answer.statusMessage ?? "", text: Buffer.concat(parts).toString("utf8") });
    });
    answer.on("error", reject);
  });
}
