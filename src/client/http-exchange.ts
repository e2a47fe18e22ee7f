/**
 * One HTTP exchange with a server: JSON in and out, errors as WorkerError. It knows no routes. How
 * the bytes travel is the business of kept-connections.ts (node:http) and one-shot.ts; both are
 * loaded when needed, and neither is fetch, which would cost the command line 40 ms of start-up.
 */
import type { IncomingMessage } from "node:http";
import { nameOf, requireToken } from "./address.ts";
import type { ServerAddress } from "./address.ts";
import { WorkerError } from "../domain/errors.ts";
import type { KeptConnections } from "./kept-connections.ts";
import { problemError } from "./problem.ts";
import { ServerUnreachable, unreachable } from "./server-unreachable.ts";
import { isReset, Silence } from "./wire.ts";
import type { WireRequest } from "./wire.ts";

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
  /** Whether a server has answered with success. */
  readonly hasAnswered: boolean;
  /**
   * The parsed JSON of a successful answer; null when it has no body. @throws WorkerError,
   * ServerUnreachable.
   */
  json(exchange: Exchange): Promise<unknown>;
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
   * A process that asks once or twice and ends: a new connection for each question, and a fifth
   * less start-up time.
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
    async json(exchange) {
      const answer = await failing(address, exchange, async () => {
        const request = wireRequest(address, exchange);
        if (!isShortLived || address.kind === "url") return await (await connections()).ask(request);
        const { askOnce } = await import("./one-shot.ts");
        // A server that goes closes what has just connected: a reading request is asked anew.
        return await askOnce(address.path, request).catch(async (error: Error) => {
          if (request.method !== "GET" || !isReset(error)) throw error;
          return await askOnce(address.path, request);
        });
      });
      if (!isFine(answer.status, exchange)) throw problemError(answer.status, answer.statusText, answer.text);
      hasAnswered = true;
      return answer.text === "" ? null : parsed(answer.text, address);
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
const openPath = "//health";

function wireRequest(address: ServerAddress, { method = "GET", path, body, headers, signal, silenceMs = 30_000 }: Exchange): WireRequest {
  const bytes = body === undefined ? null : Buffer.from(JSON.stringify(body));
  if (path !== openPath) requireToken(address);
  const before = address.kind === "url" ? address.url.pathname.replace(/\/$/, "") : "";
  return {
    method,
    target: before + (path.startsWith("//") ? path.slice(1) : `/api/v1${path}`),
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

/** What goes wrong on the way becomes an error that says so. */
async function failing<T>(address: ServerAddress, exchange: Exchange, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (exchange.signal?.aborted === true) throw exchange.signal.reason;
    if (!(error instanceof Error) || error instanceof WorkerError) throw error;
    throw error instanceof Silence ? silent(address, exchange) : unreachable(error, nameOf(address));
  }
}

function silent(address: ServerAddress, { method = "GET", silenceMs = 30_000 }: Exchange): ServerUnreachable {
  const where = nameOf(address);
  const doubt = method === "GET" ? "" : " and may still do what was asked for: look (claude-worker list) before you ask again";
  const message = `The server at ${where} said nothing for ${silenceMs / 1000} s${doubt}. If it hangs: claude-worker server restart --takeover`;
  return new ServerUnreachable(message, { address: where });
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
