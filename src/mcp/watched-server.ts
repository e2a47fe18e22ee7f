/**
 * The server of one connection, with the watching of resources that lasts as long as the
 * connection.
 */
import { z } from "zod";
import type { JSONRPCMessage, McpRequestContext, McpServer } from "@modelcontextprotocol/server";
import { ChangeFeed } from "./change-feed.ts";
import { createMcpServer } from "./mcp-server.ts";
import type { McpContext } from "./mcp-server.ts";
import type { McpSession } from "../contract/mcp-session.ts";

export interface WatchedServer {
  readonly factory: (request: McpRequestContext) => McpServer;
  /** To be called with every message of the client. */
  readonly observe: (message: JSONRPCMessage) => void;
  stop(): void;
}

/** A client may watch this many resources. */
const maxWatched = 1000;

/** @param extend called with each server before it serves. */
export function watchedServer(
  context: McpContext,
  session: McpSession,
  extend?: (server: McpServer, context: McpContext) => void,
): WatchedServer {
  let current: McpServer | null = null;
  /** Uris of the older era's subscriptions; in the newer one the SDK keeps them. */
  const watched = new Set<string>();
  let isModern = false;
  const feed = new ChangeFeed(context.api, (uri) => {
    // Sending fails when the client has left meanwhile.
    if (isModern || watched.has(uri)) current?.server.sendResourceUpdated({ uri }).catch(() => undefined);
  });
  return {
    factory: ({ era }) => {
      isModern = era === "modern";
      current = createMcpServer(context, session, { watching: true });
      if (!isModern) registerSubscriptions(current, watched, feed);
      extend?.(current, context);
      return current;
    },
    observe: (message) => {
      if ("method" in message && message.method === "subscriptions/listen") feed.start();
    },
    stop: () => feed.stop(),
  };
}

const params = z.looseObject({ uri: z.string().max(500) });
const result = z.looseObject({});

function registerSubscriptions({ server }: McpServer, watched: Set<string>, feed: ChangeFeed): void {
  server.setRequestHandler("resources/subscribe", { params, result }, ({ uri }) => {
    if (watched.size < maxWatched) watched.add(uri);
    feed.start();
    return {};
  });
  server.setRequestHandler("resources/unsubscribe", { params, result }, ({ uri }) => {
    watched.delete(uri);
    if (watched.size === 0) feed.stop();
    return {};
  });
}
