/**
 * Serves MCP over Streamable HTTP, and with the stdio framing over an upgraded connection, both
 * from one factory. The HTTP server checks transport and caller before it passes a request to this
 * room. Loaded for the first client.
 */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { toNodeHandler } from "@modelcontextprotocol/node";
import type { NodeIncomingMessageLike } from "@modelcontextprotocol/node";
import { createMcpHandler, createRequestStateCodec, InMemoryServerEventBus } from "@modelcontextprotocol/server";
import type { McpHttpHandler, McpServer, ServerEventBus } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import type { StdioServerHandle } from "@modelcontextprotocol/server/stdio";
import { accountOf } from "../contract/account.ts";
import type { WorkerApi } from "../contract/api.ts";
import { ChangeFeed } from "./change-feed.ts";
import { LineTransport } from "./line-transport.ts";
import { createMcpServer } from "./mcp-server.ts";
import type { McpContext } from "./mcp-server.ts";
import type { McpSession } from "../contract/mcp-session.ts";
import { TaskHandles } from "./task-handles.ts";
import type { HandleSource } from "./task-handles.ts";
import { watchedServer } from "./watched-server.ts";

export interface McpServingOptions {
  readonly api: WorkerApi;
  readonly version: string;
  /** Seals task handles and questions; the same after a restart, or handles are forgotten. */
  readonly key: string;
  readonly log: { error(details: Readonly<Record<string, unknown>>, message: string): void };
  /** Where handles lead; tests add their own. Default: the api's tasks. */
  readonly handleSource?: (tasks: TaskHandles) => HandleSource;
  /** Called with each server before it serves; tests add tools to it. */
  readonly extend?: (server: McpServer, context: McpContext) => void;
  readonly maxMessageBytes?: number;
}

export interface McpServing {
  /** One Streamable HTTP request. @param body parsed already. */
  request(request: IncomingMessage, response: ServerResponse, session: McpSession, body: unknown): Promise<void>;
  /** One stdio-framed connection, until it closes. */
  connection(socket: Duplex, session: McpSession): void;
  /** Ends waits with what is known, then every connection. May be called twice. */
  close(): Promise<void>;
}

const defaultMaxMessageBytes = 1024 * 1024;

export function createMcpDoor(options: McpServingOptions): McpServing {
  const { api, log } = options;
  const stop = new AbortController();
  const handles = new TaskHandles(api, options.key);
  const context: McpContext = {
    api,
    version: options.version,
    handles,
    handleSource: options.handleSource?.(handles) ?? handles,
    stopping: stop.signal,
    calls: new Set(),
    questions: createRequestStateCodec({
      key: createHash("sha256").update(`questions ${options.key}`).digest("hex"),
      bind: ({ mcpReq, http: over }) => `${mcpReq.method} ${over?.authInfo?.clientId ?? ""}`,
    }),
    onError: (error, where) => log.error({ err: error, where }, "an MCP call failed"),
  };
  const onerror = (error: Error): void => log.error({ err: error }, "MCP");
  const connections = new Set<StdioServerHandle>();
  const http = httpHandler(context, options, onerror);
  return {
    async request(request, response, session, body) {
      const auth = { token: "", clientId: accountOf(session.caller), scopes: [session.caller.scope], extra: { session } };
      await http.handle(Object.assign(request, { auth }) as NodeIncomingMessageLike, response, body);
    },
    connection(socket, session) {
      // The client may have left while this module was loading.
      if (socket.destroyed || stop.signal.aborted) return void socket.destroy();
      const watched = watchedServer(context, session, options.extend);
      const transport = new LineTransport(socket, {
        maxMessageBytes: options.maxMessageBytes ?? defaultMaxMessageBytes,
        observe: watched.observe,
      });
      const served = serveStdio(watched.factory, { transport, onerror });
      connections.add(served);
      socket.once("close", () => {
        connections.delete(served);
        watched.stop();
      });
    },
    async close() {
      stop.abort();
      await Promise.allSettled(context.calls);
      await written();
      await Promise.all([...connections].map((connection) => connection.close()));
      await http.close();
    },
  };
}

/** An answer passes through a few more turns of the SDK before it is sent. */
async function written(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function httpHandler(context: McpContext, { extend }: McpServingOptions, onerror: (error: Error) => void) {
  const bus = feedingBus(context.api);
  const handler: McpHttpHandler = createMcpHandler(
    ({ authInfo, era }) => {
      const session = authInfo?.extra?.["session"] as McpSession;
      // The older protocol's subscriptions belong to a session, and over HTTP it has none.
      const server = createMcpServer(context, session, { watching: era === "modern" });
      extend?.(server, context);
      return server;
    },
    // JSON for what is answered at once; what tells progress becomes a stream. No call is silent
    // for a minute, after which clients hang up.
    { responseMode: "auto", bus, onerror },
  );
  return { handle: toNodeHandler(handler, { onerror }), close: () => handler.close() };
}

/** Reads the change feed only while a client listens. */
function feedingBus(api: WorkerApi): ServerEventBus {
  const bus = new InMemoryServerEventBus();
  const feed = new ChangeFeed(api, (uri) => bus.publish({ kind: "resource_updated", uri }));
  return {
    publish: (event) => bus.publish(event),
    subscribe(listener) {
      const unsubscribe = bus.subscribe(listener);
      feed.start();
      return () => {
        unsubscribe();
        if (bus.listenerCount === 0) feed.stop();
      };
    },
  };
}
