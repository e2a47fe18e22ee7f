/**
 * The REST door: its routes on a unix socket and, if wanted, on a TCP port. The server opens and
 * stops it.
 */
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { WorkerApi } from "../contract/api.ts";
import { WorkerError } from "../domain/errors.ts";
import { inOrder } from "../domain/services/async-steps.ts";
import { answerRequest } from "./request/answer-request.ts";
import type { AnswerOptions, HttpLog } from "./request/answer-request.ts";
import { authenticateBy } from "./request/authenticate.ts";
import { defaultTimeouts, limitConnections } from "./listener/connection-timeouts.ts";
import type { ConnectionTimeouts } from "./listener/connection-timeouts.ts";
import { EventStreams } from "./stream/event-streams.ts";
import { FailedLogins } from "./request/failed-logins.ts";
import { hostsOf, originsOf } from "./request/guard-transport.ts";
import type { Transport } from "./request/guard-transport.ts";
import { letGo } from "./listener/let-go.ts";
import { listenOnSocket, listenOnTcp } from "./listener/listen.ts";
import type { McpDoor } from "./mcp-door.ts";
import { CallerTurns } from "./request/caller-turns.ts";
import { MemoryBudget } from "./listener/memory-budget.ts";
import { OpenConnections } from "./listener/open-connections.ts";
import { Pipelines } from "./listener/pipeline.ts";
import { problemOf, HttpError } from "./request/problem.ts";
import { RequestCounts } from "./request/request-counts.ts";
import type { Route } from "./request/route.ts";
import { SessionCookie } from "./request/session-cookie.ts";
import { Router } from "./request/router.ts";
import { answerRoutes } from "./routes/answer.ts";
import { browserSessionRoutes } from "./routes/browser-sessions.ts";
import type { SignInDoor } from "./routes/browser-sessions.ts";
import { allRoutes } from "./routes/direct.ts";
import { documentRoutes } from "./routes/document.ts";
import { eventRoutes } from "./routes/events.ts";
import { logRoutes } from "./routes/logs.ts";
import { mcpRoutes } from "./routes/mcp.ts";
import { serverRoutes } from "./routes/server.ts";
import type { DoorState } from "./routes/server.ts";
import { submitRoutes } from "./routes/submit.ts";
import { webRoutes } from "./routes/web.ts";
import { taskRoutes } from "./routes/tasks.ts";
import { tokenRoutes } from "./routes/tokens.ts";
import { UnprovenConnections } from "./listener/unproven-connections.ts";
import { answerUpgrade, mcpUpgrade } from "./listener/upgrade.ts";

export interface HttpOptions {
  readonly api: WorkerApi;
  /** The local admin token, for callers over TCP. */
  readonly token: string;
  readonly log: HttpLog;
  /** Serves MCP at `/mcp`; absent: there is none. */
  readonly mcp?: McpDoor | undefined;
  /** More names under which TCP callers may reach the server, `host:port`. */
  readonly allowedHosts?: readonly string[];
  /** How phones reach the pages for answers, e.g. through a proxy. Null: there are none. */
  readonly publicUrl?: string | null;
  /** Where the built page is. Null: there is none. */
  readonly webDirectory?: string | null;
  readonly timeouts?: Partial<ConnectionTimeouts>;
  /** Of event streams. Default 15 s. */
  readonly heartbeatMs?: number;
  /** Sees each answer before it is sent; for tests. */
  readonly inspect?: AnswerOptions["inspect"];
}

export interface HttpDoor {
  /** The table of the API. */
  readonly routes: readonly Route[];
  /** The pages for people, which are not in the API's document. */
  readonly pages: readonly Route[];
  /**
   * Opens the unix socket. A second call opens the socket again, for the case that its file was
   * removed. @throws WorkerError storage_unusable.
   */
  listenSocket(path: string): Promise<void>;
  /**
   * @param port 0 lets the system choose. @throws WorkerError conflict (the port is taken),
   * invalid_input (a wildcard).
   */
  listenTcp(host: string, port: number, options?: { dangerouslyBindAll?: boolean }): Promise<{ port: number }>;
  /**
   * Ends event streams, answers what is under way, closes everything. May be called at any time:
   * openings and stops are taken in turn. The door may be opened again.
   */
  stop(): Promise<void>;
}

/**
 * `import "node:http"` also loads fetch and WebSocket, 13 MB that an idle server would keep for
 * nothing.
 */
const { createServer } = process.getBuiltinModule("node:http");

/** Requests that are under way when the door closes may finish for this long. */
const stopGraceMs = 3000;

/** Of one listener, from all clients. */
const maxConnections = 2048;
/** What may be held for all connections together. */
const maxBodyBytes = 128 * 1024 * 1024;
const maxAnswerBytes = 64 * 1024 * 1024;

export function createHttp(options: HttpOptions): HttpDoor {
  const connections = new OpenConnections();
  const streams = new EventStreams(connections, {
    heartbeatMs: options.heartbeatMs ?? 15_000,
    onError: (error) => {
      if (!(error instanceof WorkerError)) options.log.error({ err: error }, "an event stream failed");
    },
  });
  const requests = new RequestCounts();
  const site = options.publicUrl == null ? null : new URL(options.publicUrl);
  const authenticate = authenticateBy(options.token, (secret) => options.api.callerOfToken(secret));
  const failedLogins = new FailedLogins();
  const cookie = new SessionCookie({ token: options.token, site, callerOfSession: (secret) => options.api.callerOfSession(secret) });
  const routes = routesOf(options.api, { requests, streams, connections }, { authenticate, failedLogins, cookie, connections });
  const pages = site === null ? [] : answerRoutes(options.api, new FailedLogins("link"));
  const web = options.webDirectory == null ? null : webRoutes(options.webDirectory, cookie);
  const answering: AnswerOptions = {
    unknownPage: web?.unknown,
    router: new Router([
      ...routes,
      ...pages,
      ...(web?.routes ?? []),
      ...(options.mcp === undefined ? [] : mcpRoutes(options.mcp, connections)),
    ]),
    authenticate,
    failedLogins,
    cookie,
    log: options.log,
    requests,
    connections,
    unproven: new UnprovenConnections(),
    turns: new CallerTurns(),
    bodies: new MemoryBudget(maxBodyBytes, "request bodies"),
    answers: new MemoryBudget(maxAnswerBytes, "answers"),
    inspect: options.inspect,
  };
  const servers = new Set<Server>();
  const open = (transport: () => Transport): Server => {
    const server = newServer({ ...defaultTimeouts, ...options.timeouts }, transport, answering, options.mcp ?? null);
    servers.add(server);
    return server;
  };
  const inTurn = inOrder();
  let onSocket: Server | null = null;
  return {
    routes,
    pages,
    listenSocket: (path) =>
      inTurn(async () => {
        await options.mcp?.start();
        // First: closing a socket removes its name. Open connections continue.
        onSocket?.close();
        onSocket = open(() => ({ kind: "socket" }));
        await listenOnSocket(onSocket, path);
      }),
    listenTcp: (host, wantedPort, { dangerouslyBindAll = false } = {}) =>
      inTurn(async () => {
        await options.mcp?.start();
        let transport: Transport = { kind: "tcp", hosts: new Set(), origins: new Set(), site };
        const server = open(() => transport);
        const port = await listenOnTcp(server, { host, port: wantedPort, dangerouslyBindAll });
        const hosts = hostsOf(host, port, options.allowedHosts);
        transport = { kind: "tcp", hosts, origins: originsOf(hosts, site), site };
        return { port };
      }),
    stop: () =>
      inTurn(async () => {
        onSocket = null;
        await stopAll(servers, streams, options.mcp ?? null);
        servers.clear();
      }),
  };
}

function routesOf(api: WorkerApi, door: DoorState, signIn: SignInDoor): Route[] {
  const routes: Route[] = allRoutes(api, [
    ...documentRoutes(api, () => routes),
    ...serverRoutes(api, door),
    ...submitRoutes(api),
    ...taskRoutes(api),
    ...eventRoutes(api, door.streams),
    ...logRoutes(api),
    ...tokenRoutes(api, door.connections),
    ...browserSessionRoutes(api, signIn),
  ]);
  return routes;
}

function newServer(timeouts: ConnectionTimeouts, transport: () => Transport, answering: AnswerOptions, mcp: McpDoor | null): Server {
  // Node's own limits are checked by a timer that would wake an idle server; limitConnections does
  // without.
  const never = 2 ** 31 - 1;
  const server = createServer({
    headersTimeout: 0,
    requestTimeout: 0,
    keepAliveTimeout: 0,
    connectionsCheckingInterval: never,
    maxHeaderSize: 16 * 1024,
    requireHostHeader: false,
    // Any other upgrade (h2c) is only an offer, which is declined by answering as if it were not
    // there. Node 22 does not know this option.
    // oxlint-disable-next-line unicorn/no-useless-spread -- the types do not know it either.
    ...{ shouldUpgradeCallback: ({ headers }: IncomingMessage) => mcp !== null && headers.upgrade === mcpUpgrade },
  });
  server.maxConnections = maxConnections;
  const limits = limitConnections(server, timeouts);
  const pipelines = new Pipelines((socket) => limits.idle(socket));
  server.on("request", (request, response) => {
    pipelines.take(request, response, () => void answerRequest(request, response, transport(), answering));
  });
  server.on("connection", (socket: Socket) => {
    if (transport().kind === "tcp") answering.unproven.add(socket);
  });
  if (mcp !== null) {
    server.on("upgrade", (request, socket: Duplex, head) => {
      limits.leave(request.socket);
      void answerUpgrade({ request, socket, head }, transport(), mcp, answering);
    });
  }
  server.on("clientError", (error, socket) => answerBrokenRequest(error, socket));
  return server;
}

/** What Node's parser refused: it never became a request. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const isTooLong = error.code === "HPE_HEADER_OVERFLOW";
  const thrown = isTooLong
    ? new HttpError("headers_too_large", "The request's headers are over 16 KB. Send fewer.")
    : new WorkerError("invalid_input", "This is not an HTTP request that can be read.");
  const { status, problem } = problemOf(thrown);
  const body = JSON.stringify(problem);
  socket.write(
    `HTTP/1.1 ${status} ${problem.title}\r\nConnection: close\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  letGo(socket);
}

async function stopAll(servers: ReadonlySet<Server>, streams: EventStreams, mcp: McpDoor | null): Promise<void> {
  const closed = [...servers].map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  streams.close();
  await mcp?.stop();
  for (const server of servers) server.closeIdleConnections();
  const timer = setTimeout(() => {
    for (const server of servers) server.closeAllConnections();
  }, stopGraceMs);
  await Promise.all(closed);
  clearTimeout(timer);
}
