/** Opens the REST door on a scratch socket and port for a test, and calls it as any client would. */
import { chmodSync } from "node:fs";
import { request as httpRequest } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, RequestOptions } from "node:http";
import { connect } from "node:net";
import path from "node:path";
import type { TestContext } from "node:test";
import type { WorkerApi } from "../../src/contract/api.ts";
import { createHttp } from "../../src/http/server.ts";
import type { HttpDoor, HttpOptions } from "../../src/http/server.ts";
import type { Answer, Route } from "../../src/http/route.ts";
import { fakeApi } from "./fake-api.ts";
import type { FakeApi } from "./fake-api.ts";
import { scratch } from "./scratch.ts";

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

export interface OpenDoor {
  readonly door: HttpDoor;
  readonly socket: string;
  readonly port: number;
  readonly token: string;
  /** What the door wrote into its log. */
  readonly logged: unknown[];
  call(call: DoorCall): Promise<DoorAnswer>;
  /** The answer as it streams in. */
  stream(call: DoorCall): Promise<IncomingMessage>;
  /** Writes bytes to the port (or socket) and returns everything that comes back until the server closes. */
  raw(text: string | Buffer, where?: "tcp" | "socket"): Promise<string>;
}

/** With a WorkerApi in memory. */
export async function openDoor(t: TestContext, options: Partial<Omit<HttpOptions, "api">> = {}): Promise<OpenDoor & { api: FakeApi }> {
  const { directory } = scratch(t);
  const api = fakeApi(directory);
  return { ...(await openDoorOf(t, api, { directory, ...options })), api };
}

/** With any WorkerApi. @param options.directory where the socket shall be. */
export async function openDoorOf(
  t: TestContext,
  api: WorkerApi,
  { directory, ...options }: Partial<Omit<HttpOptions, "api">> & { directory: string },
): Promise<OpenDoor> {
  chmodSync(directory, 0o700);
  const token = "test-token-0123456789-0123456789-0123456789";
  const logged: unknown[] = [];
  const log = { error: (details: object, message: string) => void logged.push({ ...details, message }) };
  const door = createHttp({ token, log, inspect: checkShape, ...options, api });
  t.after(() => door.stop());
  const socket = path.join(directory, "server.sock");
  await door.listenSocket(socket);
  const { port } = await door.listenTcp("127.0.0.1", 0);
  const send = (call: DoorCall): Promise<IncomingMessage> => start(call, { socket, port, token });
  return {
    door,
    socket,
    port,
    token,
    logged,
    stream: send,
    call: async (call) => readAnswer(await send(call)),
    raw: (text, where = "tcp") => exchange(text, where === "tcp" ? { port, host: "127.0.0.1" } : { path: socket }),
  };
}

/** Every answer of every test has the shape that the API's document promises. */
function checkShape(route: Route, answer: Answer): void {
  if (answer === "streamed") return;
  const shape = route.answers[answer.status];
  if (shape === undefined) throw new Error(`${route.name} answers ${answer.status}, which its document does not name`);
  if ("json" in answer && shape.schema !== null) shape.schema.parse(answer.json);
}

function start(call: DoorCall, place: { socket: string; port: number; token: string }): Promise<IncomingMessage> {
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

async function readAnswer(answer: IncomingMessage): Promise<DoorAnswer> {
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString("utf8");
  return { status: answer.statusCode ?? 0, headers: answer.headers, text, json: () => JSON.parse(text) as Record<string, unknown> };
}

function exchange(text: string | Buffer, place: { port: number; host: string } | { path: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(place);
    let answer = "";
    socket.setEncoding("latin1").on("data", (part: string) => (answer += part));
    socket.on("error", reject).on("close", () => resolve(answer));
    socket.on("connect", () => socket.write(text));
  });
}
