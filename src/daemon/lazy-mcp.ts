/** The MCP door, loaded when the first client comes: a server without MCP clients does not carry it. */
import { createHash } from "node:crypto";
import type { Logger } from "pino";
import type { WorkerApi } from "../contract/api.ts";
import type { McpDoor } from "../http/mcp-door.ts";

export interface LazyMcpOptions {
  readonly api: WorkerApi;
  readonly version: string;
  /** The local admin token: what seals task handles is made from it. */
  readonly token: string;
  readonly log: Logger;
}

export function lazyMcp({ api, version, token, log }: LazyMcpOptions): McpDoor {
  const key = createHash("sha256").update("claude-worker mcp\0").update(token).digest("hex");
  let door: Promise<McpDoor> | null = null;
  const load = (): Promise<McpDoor> =>
    (door ??= import("../mcp/door.ts").then(({ createMcpDoor }) => createMcpDoor({ api, version, key, log })));
  return {
    request: async (...call) => await (await load()).request(...call),
    connection: async (...call) => await (await load()).connection(...call),
    close: async () => await (await door)?.close(),
  };
}
