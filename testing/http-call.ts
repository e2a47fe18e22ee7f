/**
 * Calls a server as any HTTP client would, over its socket or its port. Sends JSON unless the
 * headers name another type.
 */
import { request as httpRequest } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, RequestOptions } from "node:http";

export interface ServerPlace {
  readonly socket: string;
  readonly port: number;
  readonly token: string;
}

export interface DoorAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON. */
  json(): Record<string, unknown>;
}

export interface DoorCall {
  readonly method?: string;
  readonly path: string;
  /** An object is sent as JSON, a text or bytes as they are. */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** Over TCP instead of the unix socket; with the token unless `token` says otherwise. */
  readonly tcp?: boolean;
  readonly token?: string | null;
}

export function startCall(place: ServerPlace, call: DoorCall): Promise<IncomingMessage> {
  const { body } = call;
  const bytes = body === undefined ? null : typeof body === "string" || body instanceof Buffer ? body : JSON.stringify(body);
  const token = call.token === undefined ? place.token : call.token;
  const options: RequestOptions = {
    method: call.method ?? (bytes === null ? "GET" : "POST"),
    path: call.path,
    agent: false,
    headers: {
      ...(bytes === null ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(bytes) }),
      ...(call.tcp === true && token !== null ? { authorization: `Bearer ${token}` } : {}),
      ...call.headers,
    },
    ...(call.tcp === true ? { host: "127.0.0.1", port: place.port } : { socketPath: place.socket }),
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest(options, resolve);
    request.on("error", reject);
    request.end(bytes ?? undefined);
  });
}

export async function callServer(place: ServerPlace, call: DoorCall): Promise<DoorAnswer> {
  const answer = await startCall(place, call);
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString("utf8");
  return { status: answer.statusCode ?? 0, headers: answer.headers, text, json: () => JSON.parse(text) as Record<string, unknown> };
}
