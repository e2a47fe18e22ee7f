/** A client's MCP session, as the HTTP door authenticated it. */
import type { Caller } from "./caller.ts";

export interface McpSession {
  readonly caller: Caller;
  /** Whether only tools that change nothing are offered. */
  readonly readOnly: boolean;
  /** Directory of the client's project, where the client sent it: the default working directory. */
  readonly project: string | null;
  /** The client's own session id, where the client sent it: the same after a lost connection. */
  readonly id: string | null;
}
