/**
 * The MCP door, loaded when the first client comes: a server without MCP clients does not carry it.
 */
import type { Logger } from "pino";
import type { WorkerApi } from "../contract/api.ts";
import type { McpDoor } from "../http/mcp-door.ts";

export interface LazyMcpOptions {
  readonly api: WorkerApi;
  readonly version: string;
  /** What seals task handles. */
  readonly key: string;
  readonly log: Logger;
}

export function lazyMcp(options: LazyMcpOptions): McpDoor {
  let door: Promise<McpDoor> | null = null;
  const load = (): Promise<McpDoor> => (door ??= import("../mcp/door.ts").then(({ createMcpDoor }) => createMcpDoor(options)));
  return {
    request: async (...call) => await (await load()).request(...call),
    connection: async (...call) => await (await load()).connection(...call),
    close: async () => await (await door)?.close(),
  };
}
