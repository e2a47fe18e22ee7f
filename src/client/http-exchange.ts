/**
 * Makes one HTTP exchange with a server: JSON in and out, errors as WorkerError. Knows no routes.
 * kept-connections.ts (node:http) and one-shot.ts transport the bytes; both are loaded when needed.
 * Neither uses fetch, which would cost the command line 40 ms of start-up.
 */
import type { IncomingMessage } from "node:http";
import { endpoints } from "../contract/endpoints.ts";
import type { Method } from "../contract/endpoints.ts";
import { nameOf, requireToken } from "./address.ts";
import type { ServerAddress } from "./address.ts";
import { WorkerError } from "../domain/errors.ts";
import type { KeptConnections } from "./kept-connections.ts";
import { problemError } from "./problem.ts";
import { ServerUnreachable, unreachable } from "./server-unreachable.ts";
import { isReset, Silence } from "./wire.ts";
import type { WireRequest } from "./wire.ts";

export interface Exchange {
  readonly method?: Method;
  /** From the server's root. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Statuses beside 2xx that are an answer, not an error. */
  readonly alsoFine?: readonly number[];
  /** Longest silence of the server. Default 30 s. */
  readonly silenceMs?: number | undefined;
  /** The same request again has no further effect: it is sent again when the connection was cut. */
  readonly isRepeatable?: boolean;
}

export interface HttpClient {
  readonly address: ServerAddress;
  /** Whether a server has answered with success. */
  readonly hasAnswered: boolean;
  /**
   * The parsed JSON of a successful answer; null when it has no body. @throws WorkerError,
   * ServerUnreachable.
   */
  json<T>(exchange: Exchange): Promise<T>;
  /**
   * The answer as it streams in; the caller reads or destroys it. @throws WorkerError,
   * ServerUnreachable.
   */
  stream(exchange: Exchange): Promise<IncomingMessage>;
  /** Closes idle connections. */
  close(): void;
}

export interface HttpClientOptions {
  /**
   * For a process that sends one or two requests and ends: each request gets a new connection,
   * which saves a fifth of the start-up time.
   */
  readonly isShortLived?: boolean;
}

export function httpClient(address: ServerAddress, { isShortLived = false }: HttpClientOptions = {}): HttpClient {
  let kept: KeptConnections | null = null;
  let hasAnswered = false;
  const connections = async (): Promise<KeptConnections> => {
    const { keptConnections } = await import("./kept-connections.ts");
    return (kept ??= keptConnections(address));
  };
  return {
    address,
    get hasAnswered() {
      return hasAnswered;
    },
    async json<T>(exchange: Exchange): Promise<T> {
      const answer = await failing(address, exchange, async () => {
        const request = wireRequest(address, exchange);
        if (!isShortLived || address.kind === "url") return await (await connections()).ask(request);
        const { askOnce } = await import("./one-shot.ts");
        // A server that ends closes new connections: send a repeatable request again.
        return await askOnce(address.path, request).catch(async (error: Error) => {
          if (exchange.isRepeatable !== true || !isReset(error)) throw error;
          return await askOnce(address.path, request);
        });
      });
      if (!isFine(answer.status, exchange)) throw problemError(answer.status, answer.statusText, answer.text);
      hasAnswered = true;
      return parsed<T>(answer.text, address, JSON.parse);
    },
    async stream(exchange) {
      const answer = await failing(address, exchange, async () => await (await connections()).open(wireRequest(address, exchange)));
      const status = answer.statusCode ?? 0;
      hasAnswered ||= isFine(status, exchange);
      if (isFine(status, exchange)) return answer;
      const whole = await failing(address, exchange, async () => await (await connections()).whole(answer));
      throw problemError(status, whole.statusText, whole.text);
    },
    close: () => kept?.close(),
  };
}

/** What a server tells without a token. */
const openPath = endpoints.health.path;

function wireRequest(address: ServerAddress, { method = "GET", path, body, headers, signal, silenceMs = 30_000 }: Exchange): WireRequest {
  const bytes = body === undefined ? null : Buffer.from(JSON.stringify(body));
  if (path !== openPath) requireToken(address);
  const before = address.kind === "url" ? address.url.pathname.replace(/\/$/, "") : "";
  return {
    method,
    target: before + path,
    headers: {
      ...(address.kind === "socket" ? { host: "localhost" } : {}),
      ...(address.token ? { authorization: `Bearer ${address.token}` } : {}),
      ...(bytes === null ? {} : { "content-type": "application/json", "content-length": bytes.length }),
      accept: "application/json",
      ...headers,
    },
    body: bytes,
    signal,
    silenceMs,
  };
}

function isFine(status: number, { alsoFine }: Exchange): boolean {
  return (status >= 200 && status < 300) || alsoFine?.includes(status) === true;
}

/** Turns an error of the connection into a ServerUnreachable. */
async function failing<T>(address: ServerAddress, exchange: Exchange, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (exchange.signal?.aborted === true) throw exchange.signal.reason;
    if (!(error instanceof Error) || error instanceof WorkerError) throw error;
    throw error instanceof Silence ? silent(address, exchange) : unreachable(error, nameOf(address));
  }
}

function silent(address: ServerAddress, { isRepeatable, silenceMs = 30_000 }: Exchange): ServerUnreachable {
  const where = nameOf(address);
  const doubt = isRepeatable === true ? "" : " and may still carry out the request: check with claude-worker list before you repeat it";
  const message = `The server at ${where} said nothing for ${silenceMs / 1000} s${doubt}. If it hangs: claude-worker server restart --takeover`;
  return new ServerUnreachable(message, { address: where });
}

/** Trusts that the answer has the type that its operation promises. */
function parsed<T>(text: string, address: ServerAddress, read: (json: string) => T): T {
  try {
    return read(text === "" ? "null" : text);
  } catch {
    throw new WorkerError(
      "internal",
      `What answers at ${nameOf(address)} is not a Claude Worker: its answer is not JSON. See: claude-worker config get server_url`,
    );
  }
}
