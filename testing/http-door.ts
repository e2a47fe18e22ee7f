/** Opens the REST door on a scratch socket and port for a test. */
import { chmodSync, mkdirSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import path from "node:path";
import type { TestContext } from "node:test";
import type { WorkerApi } from "../src/contract/api.ts";
import { answersOf } from "../src/contract/operations/operation.ts";
import { createHttp } from "../src/http/server.ts";
import type { HttpDoor, HttpOptions } from "../src/http/server.ts";
import type { Answer, Route } from "../src/http/request/route.ts";
import { callServer, startCall } from "./http-call.ts";
import type { DoorAnswer, DoorCall } from "./http-call.ts";
import { doorApi } from "./door-api.ts";
import type { DoorApi } from "./door-api.ts";

export type { DoorAnswer, DoorCall } from "./http-call.ts";

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
  /**
   * Writes bytes to the port (or socket) and returns everything that comes back until the server
   * closes.
   */
  raw(text: string | Buffer, where?: "tcp" | "socket"): Promise<string>;
}

/** With the real operations, and its socket in their data directory. */
export async function openDoor(t: TestContext, options: Partial<Omit<HttpOptions, "api">> = {}): Promise<OpenDoor & { api: DoorApi }> {
  const api = doorApi(t);
  const directory = path.dirname(api.paths.serverSocket);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return { ...(await openDoorOf(t, api, { directory, ...options })), api };
}

/** Opens an HTTP server for any WorkerApi. @param options.directory where the socket is created. */
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
  const place = { socket, port, token };
  return {
    door,
    socket,
    port,
    token,
    logged,
    stream: (call) => startCall(place, call),
    call: (call) => callServer(place, call),
    raw: (text, where = "tcp") => exchange(text, where === "tcp" ? { port, host: "127.0.0.1" } : { path: socket }),
  };
}

/** Every answer of every test has the shape that the API's document promises. */
function checkShape(route: Route, answer: Answer): void {
  if (answer === "streamed") return;
  const shape = answersOf(route)[answer.status];
  if (shape === undefined) throw new Error(`${route.name} answers ${answer.status}, which its document does not name`);
  if ("json" in answer && shape.schema !== null) shape.schema.parse(answer.json);
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
