/**
 * One client's connection or request, as the tools see it: who calls, and what the client says of
 * itself.
 */
import { CLIENT_CAPABILITIES_META_KEY, CLIENT_INFO_META_KEY } from "@modelcontextprotocol/server";
import type { ServerContext } from "@modelcontextprotocol/server";
import type { Caller } from "../contract/caller.ts";
import type { McpSession } from "../contract/mcp-session.ts";
import { plainLine } from "../domain/text/plain-text.ts";

/** Two sessions that choose the same key mean different tasks. */
export function keyInSession({ id }: McpSession, key: string): string {
  return id === null ? key : `${id} ${key}`;
}

/** The extension by which a client can hold a long call as a task of its own. */
export const tasksExtension = "io.modelcontextprotocol/tasks";

/** Where Claude Code says which tool call this is. */
const toolUseKey = "claudecode/toolUseId";

/**
 * What the client said of itself in the handshake of the older protocol. With the newer protocol
 * the client says it in each request.
 */
export interface Handshake {
  readonly client?: { readonly name: string; readonly version?: string } | undefined;
  readonly capabilities?: Capabilities | undefined;
}

export interface Capabilities {
  readonly elicitation?: unknown;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** Builds the caller for the operations, with what is known of its agent. */
export function agentCaller(session: McpSession, context: ServerContext, handshake: Handshake): Caller {
  const info = (envelopeOf(context)[CLIENT_INFO_META_KEY] as Handshake["client"]) ?? handshake.client;
  const name = info === undefined ? "an unnamed client" : [info.name, info.version ?? ""].join(" ");
  const toolUse = context.mcpReq._meta?.[toolUseKey];
  return {
    ...session.caller,
    agent: { client: plainLine(name, 80), toolUseId: typeof toolUse === "string" ? plainLine(toolUse, 80) : null },
  };
}

/** What the client can do, as it said with this request or in the handshake. */
export function capabilitiesOf(context: ServerContext, handshake: Handshake): Capabilities {
  const declared = envelopeOf(context)[CLIENT_CAPABILITIES_META_KEY] as Capabilities | undefined;
  return declared ?? handshake.capabilities ?? {};
}

export function hasTasksExtension(capabilities: Capabilities): boolean {
  return capabilities.extensions?.[tasksExtension] !== undefined;
}

/** What the newer era's client says with each request. */
function envelopeOf(context: ServerContext): Readonly<Record<string, unknown>> {
  return { ...context.mcpReq.envelope };
}
