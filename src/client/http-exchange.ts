/**
 * One HTTP exchange with a server: node's own http over a unix socket or TCP, JSON in and out, errors as WorkerError.
 * No fetch: it would cost the command line 40 ms of start-up. It knows no routes.
 */
import { Agent, request } from "node:http";
import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { nameOf } from "./address.ts";
import type { ServerAddress } from "./address.ts";
import { WorkerError } from "../domain/errors.ts";
import { problemError } from "./problem.ts";
import { ServerUnreachable, unreachable } from "./server-unreachable.ts";

export interface Exchange {
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below `/api/v1` unless it starts with `//`, which means the server's root. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Statuses beside 2xx that are an answer, not an error. */
  readonly alsoFine?: readonly number[];
  /** Longest silence of the server. Default 30 s. */
  readonly silenceMs?: number;
}

export interface HttpClient {
  readonly address: ServerAddress;
  /** The parsed JSON of a successful answer; null when it has no body. @throws WorkerError, ServerUnreachable. */
  json(exchange: Exchange): Promise<unknown>;
  /** The answer as it streams in; the caller reads or destroys it. @throws WorkerError, ServerUnreachable. */
  stream(exchange: Exchange): Promise<IncomingMessage>;
  /** Closes idle connections. */
  close(): void;
}

/** Node works a TLS server name out for every request, 5 ms at the first one, unless it is given one. */
const noServerName = { servername: "" };

export function httpClient(address: ServerAddress): HttpClient {
  let agent: Agent | null = null;
  const send = async (exchange: Exchange): Promise<IncomingMessage> => {
    agent ??= await agentFor(address);
    return await answerOf(address, agent, exchange);
  };
  return {
    address,
    async json(exchange) {
      const answer = await send(exchange);
      const text = await readAll(answer, address);
      return text === "" ? null : parsed(text, address);
    },
    stream: send,
    close: () => agent?.destroy(),
  };
}

/** Connections are kept for the next request; an idle one does not keep the process alive. */
async function agentFor(address: ServerAddress): Promise<Agent> {
  if (address.kind === "socket" || address.url.protocol === "http:") return new Agent({ keepAlive: true });
  const https = await import("node:https");
  return new https.Agent({ keepAlive: true });
}

async function answerOf(address: ServerAddress, agent: Agent, exchange: Exchange): Promise<IncomingMessage> {
  const answer = await open(address, agent, exchange);
  const status = answer.statusCode ?? 0;
  if ((status >= 200 && status < 300) || exchange.alsoFine?.includes(status) === true) return answer;
  throw problemError(status, answer.statusMessage ?? "", await readAll(answer, address));
}

async function open(address: ServerAddress, agent: Agent, exchange: Exchange): Promise<IncomingMessage> {
  const body = exchange.body === undefined ? null : Buffer.from(JSON.stringify(exchange.body));
  const silenceMs = exchange.silenceMs ?? 30_000;
  const started = await starter(address);
  return await new Promise((resolve, reject) => {
    const call = started({ ...targetOf(address, exchange), agent, headers: headersOf(address, exchange, body) });
    call.on("response", resolve);
    call.on("error", (error) => {
      if (exchange.signal?.aborted === true) reject(exchange.signal.reason);
      // A kept connection may have ended with its server (Node's advice for `reusedSocket`): a reading request is asked anew.
      else if (call.reusedSocket && isReset(error) && (exchange.method ?? "GET") === "GET") resolve(open(address, agent, exchange));
      else reject(failureOf(error, address));
    });
    call.setTimeout(silenceMs, () => call.destroy(silent(address, silenceMs)));
    abortWith(exchange.signal, call);
    call.end(body ?? undefined);
  });
}

function isReset(error: NodeJS.ErrnoException): boolean {
  return error.code === "ECONNRESET" || error.code === "EPIPE";
}

async function starter(address: ServerAddress): Promise<(options: RequestOptions) => ClientRequest> {
  if (address.kind === "socket" || address.url.protocol === "http:") return request;
  const https = await import("node:https");
  return https.request;
}

function targetOf(address: ServerAddress, { method = "GET", path }: Exchange): RequestOptions {
  const tail = path.startsWith("//") ? path.slice(1) : `/api/v1${path}`;
  if (address.kind === "socket") return { socketPath: address.path, ...noServerName, path: tail, method };
  const { hostname, port, pathname, protocol } = address.url;
  return {
    hostname: hostname.replace(/^\[|\]$/g, ""),
    ...(protocol === "http:" ? noServerName : {}),
    port,
    path: pathname.replace(/\/$/, "") + tail,
    method,
  };
}

function headersOf(address: ServerAddress, exchange: Exchange, body: Buffer | null): Record<string, string | number> {
  return {
    ...(address.kind === "socket" ? { host: "localhost" } : {}),
    ...(address.kind === "url" && address.token !== null ? { authorization: `Bearer ${address.token}` } : {}),
    ...(body === null ? {} : { "content-type": "application/json", "content-length": body.length }),
    accept: "application/json",
    ...exchange.headers,
  };
}

function abortWith(signal: AbortSignal | undefined, call: ClientRequest): void {
  if (signal === undefined) return;
  const abort = (): void => void call.destroy();
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  call.on("close", () => signal.removeEventListener("abort", abort));
}

/** Listens instead of iterating: the machinery of async iteration costs a short-lived program 2 ms. */
async function readAll(answer: IncomingMessage, address: ServerAddress): Promise<string> {
  return await new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    answer.on("data", (part: Buffer) => void parts.push(part));
    answer.on("end", () => resolve(Buffer.concat(parts).toString("utf8")));
    answer.on("error", (error) => reject(failureOf(error, address)));
  });
}

function parsed(text: string, address: ServerAddress): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new WorkerError(
      "internal",
      `What answers at ${nameOf(address)} is not a Claude Worker: its answer is no JSON. See: claude-worker config get server_url`,
    );
  }
}

function failureOf(error: Error, address: ServerAddress): Error {
  return error instanceof ServerUnreachable ? error : unreachable(error, nameOf(address));
}

function silent(address: ServerAddress, silenceMs: number): ServerUnreachable {
  const where = nameOf(address);
  const message = `The server at ${where} said nothing for ${silenceMs / 1000} s. If it hangs: claude-worker server restart --takeover`;
  return new ServerUnreachable(message, { address: where, nobodyListens: false });
}
