/**
 * Builds the MCP server of one connection or request. The same for both eras of the protocol and
 * for every transport.
 */
import { McpServer, MissingRequiredClientCapabilityError, ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";
import type { RequestStateCodec, ServerContext } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { WorkerApi } from "../contract/api.ts";
import { instructions } from "./instructions.ts";
import { registerPrompts } from "./prompts/index.ts";
import { registerResources } from "./resources.ts";
import { agentCaller, capabilitiesOf, hasTasksExtension, tasksExtension } from "./session.ts";
import type { McpSession } from "../contract/mcp-session.ts";
import type { DetailedHandle, HandleSource, TaskHandles } from "./task-handles.ts";
import { registerTool } from "./tool.ts";
import { allTools } from "./tools/index.ts";

export interface McpContext {
  readonly api: WorkerApi;
  readonly version: string;
  /** Makes handles for new tasks. */
  readonly handles: Pick<TaskHandles, "handleOf">;
  /** Finds handles again. */
  readonly handleSource: HandleSource;
  /** Aborts when the server stops. */
  readonly stopping: AbortSignal;
  /** Calls that are under way. */
  readonly calls: Set<Promise<unknown>>;
  /** Seals what goes through a client between a question and its answer. */
  readonly questions: RequestStateCodec;
  /** Called with errors that the server itself has caused. */
  readonly onError: (error: unknown, where: string) => void;
}

/** Lists change only with the server's version; a client may keep them for a while. */
const listHint = { ttlMs: 300_000, cacheScope: "private" } as const;

/** @param watching whether the connection lasts, so that resources can be watched on it. */
export function createMcpServer(context: McpContext, session: McpSession, { watching }: { watching: boolean }): McpServer {
  const server = new McpServer(
    { name: "claude-worker", title: "Claude Worker", version: context.version },
    {
      instructions,
      capabilities: {
        tools: { listChanged: false },
        resources: { subscribe: watching, listChanged: false },
        prompts: { listChanged: false },
        extensions: { [tasksExtension]: {} },
      },
      requestState: { verify: (state, request) => context.questions.verify(state, request) },
      cacheHints: { "tools/list": listHint, "prompts/list": listHint, "resources/templates/list": listHint },
    },
  );
  const { api, stopping, calls, questions, onError } = context;
  for (const tool of allTools(context.handles)) {
    if (!tool.writes || mayWrite(session)) registerTool(server, tool, { api, session, stopping, calls, questions, onError });
  }
  registerResources(server, api);
  registerPrompts(server, api, mayWrite(session));
  registerTaskMethods(server, context, session);
  return server;
}

function mayWrite({ caller, readOnly }: McpSession): boolean {
  return !readOnly && caller.scope !== "read";
}

const handleParams = z.looseObject({ taskId: z.string().max(200) });
const acknowledged = {};

/**
 * `tasks/get`, `tasks/update` and `tasks/cancel` of the tasks extension, for clients that declare
 * it.
 */
function registerTaskMethods({ server }: McpServer, { handleSource }: McpContext, session: McpSession): void {
  const declared = (request: ServerContext): void => {
    if (hasTasksExtension(capabilitiesOf(request, { capabilities: server.getClientCapabilities() }))) return;
    throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { extensions: { [tasksExtension]: {} } } });
  };
  const result = z.looseObject({});
  server.setRequestHandler("tasks/get", { params: handleParams, result }, async ({ taskId }, request) => {
    declared(request);
    return { ...known<DetailedHandle>(await handleSource.get(taskId)) };
  });
  server.setRequestHandler("tasks/update", { params: handleParams, result }, async ({ taskId }, request) => {
    declared(request);
    if (!mayWrite(session))
      throw new ProtocolError(ProtocolErrorCode.InvalidRequest, "This connection may only look; it cannot answer questions.");
    // The SDK takes the answers out of the parameters.
    const caller = agentCaller(session, request, { client: server.getClientVersion() });
    known(await handleSource.update(taskId, request.mcpReq.inputResponses ?? {}, caller));
    return acknowledged;
  });
  server.setRequestHandler("tasks/cancel", { params: handleParams, result }, async ({ taskId }, request) => {
    declared(request);
    if (!mayWrite(session))
      throw new ProtocolError(ProtocolErrorCode.InvalidRequest, "This connection may only look; it cannot cancel tasks.");
    known(await handleSource.cancel(taskId, agentCaller(session, request, { client: server.getClientVersion() })));
    return acknowledged;
  });
}

function known<T>(found: T | null | false): T & object {
  if (found === null || found === false) throw new ProtocolError(ProtocolErrorCode.InvalidParams, "There is no task with this handle.");
  return found as T & object;
}
