/**
 * What this room knows of MCP: a door that is handed requests and connections whose transport and
 * caller were checked here.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Caller } from "../contract/caller.ts";
import type { McpSession } from "../contract/mcp-session.ts";
import type { Service } from "../domain/services/service.ts";

/**
 * Serves MCP while it is started; the HTTP door starts and stops it. A stop ends waits with what is
 * known, then every connection.
 */
export interface McpDoor extends Service {
  /** Streamable HTTP. @param body parsed already. */
  request(request: IncomingMessage, response: ServerResponse, session: McpSession, body: unknown): Promise<void>;
  /** MCP's stdio framing, until the connection closes. */
  connection(socket: Duplex, session: McpSession): void | Promise<void>;
}

/**
 * What a client says of itself in headers that the command line's pipe sends, and that any HTTP
 * client may send.
 */
export function mcpSession(caller: Caller, request: IncomingMessage): McpSession {
  const project = request.headers["x-claude-worker-project"];
  const id = request.headers["x-claude-worker-session"];
  return {
    caller,
    readOnly: request.headers["x-claude-worker-read-only"] === "1",
    project: typeof project === "string" ? decoded(project) : null,
    id: typeof id === "string" && /^[\w-]{1,100}$/.test(id) ? id : null,
  };
}

/** Percent-encoded, because a header holds ASCII only. */
function decoded(text: string): string | null {
  try {
    const path = decodeURIComponent(text);
    return path.startsWith("/") && path.length <= 4096 && !path.includes("\0") ? path : null;
  } catch {
    return null; // Not encoded as agreed: the client names the directory in its calls then.
  }
}
