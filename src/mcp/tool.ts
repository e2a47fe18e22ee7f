/**
 * What a tool is, and the one way in which every tool is called and answers: parse, run, next step;
 * errors teach.
 */
import { ProtocolError } from "@modelcontextprotocol/server";
import type { CallToolResult, InputRequiredResult, McpServer, RequestStateCodec, ServerContext } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { WorkerApi } from "../contract/api.ts";
import type { Caller } from "../contract/caller.ts";
import { parseInput } from "../contract/parse-input.ts";
import type { TaskHandle } from "./task-handle.ts";
import { agentCaller, capabilitiesOf } from "./session.ts";
import type { Capabilities, Handshake } from "./session.ts";
import type { McpSession } from "../contract/mcp-session.ts";
import { resultOf } from "./tool-data.ts";
import type { ToolData } from "./tool-data.ts";
import { toolError } from "./tool-error.ts";

export interface ToolCall {
  readonly api: WorkerApi;
  readonly caller: Caller;
  readonly session: McpSession;
  readonly capabilities: Capabilities;
  /** Aborts when the client cancels the call or goes away. */
  readonly signal: AbortSignal;
  /** Aborts when the server stops. */
  readonly stopping: AbortSignal;
  /** Tells how far the call is; null when the client did not ask. */
  readonly progress: ((report: { progress: number; total?: number; message: string }) => Promise<void>) | null;
  /** What a person answered to an earlier `ask` of this call. */
  readonly answers: Readonly<Record<string, unknown>> | undefined;
  /** What that question was about, as it was sealed then; undefined when nothing was asked. */
  readonly asked: unknown;
  /** Seals what a question is about, so that no client can change it. */
  seal(question: unknown): Promise<string>;
}

export type ToolAnswer =
  | { readonly kind: "data"; readonly data: ToolData }
  /** The call continues as a task of the protocol's tasks extension. */
  | { readonly kind: "handle"; readonly handle: TaskHandle }
  /** A person has to answer first (elicitation). */
  | { readonly kind: "ask"; readonly request: InputRequiredResult };

export interface Tool<I extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: I;
  /** Shape of the data; null for a tool that may answer with a handle. */
  readonly output: z.ZodType | null;
  /** Changes something: not registered for those who may only look. */
  readonly writes: boolean;
  readonly hints: { readonly destructive: boolean; readonly idempotent: boolean; readonly openWorld: boolean };
  /** Kept in the model's sight when tools are deferred (Claude Code). */
  readonly alwaysLoad?: boolean;
  run(input: z.output<I>, call: ToolCall): ToolAnswer | Promise<ToolAnswer>;
}

/** Writes a tool down with the types of its input. */
export function defineTool<I extends z.ZodType>(tool: Tool<I>): Tool {
  return tool;
}

/** The answer of a tool that has its data at once. */
export function data(fields: ToolData): ToolAnswer {
  return { kind: "data", data: fields };
}

export interface ToolContext {
  readonly api: WorkerApi;
  readonly session: McpSession;
  readonly stopping: AbortSignal;
  /** Calls that are under way: the server's stop waits for them. */
  readonly calls: Set<Promise<unknown>>;
  readonly questions: RequestStateCodec;
  /** Called with errors that the server itself has caused. */
  readonly onError: (error: unknown, tool: string) => void;
}

export function registerTool(server: McpServer, tool: Tool, context: ToolContext): void {
  server.registerTool(
    tool.name,
    {
      title: tool.title,
      description: tool.description,
      inputSchema: advertised(tool.input, "input"),
      ...(tool.output === null ? {} : { outputSchema: advertised(tool.output, "output") }),
      annotations: {
        title: tool.title,
        readOnlyHint: !tool.writes,
        destructiveHint: tool.hints.destructive,
        idempotentHint: tool.hints.idempotent,
        openWorldHint: tool.hints.openWorld,
      },
      ...(tool.alwaysLoad === true ? { _meta: { "anthropic/alwaysLoad": true } } : {}),
    },
    (input: unknown, request: ServerContext) => {
      const call = answer(tool, input, request, context, handshakeOf(server));
      context.calls.add(call);
      return call.finally(() => context.calls.delete(call));
    },
  );
}

async function answer(
  tool: Tool,
  input: unknown,
  request: ServerContext,
  context: ToolContext,
  handshake: Handshake,
): Promise<CallToolResult | InputRequiredResult> {
  try {
    const parsed = parseInput(tool.input, input, `The call of ${tool.name}`);
    const given = await tool.run(parsed, callOf(request, context, handshake));
    if (given.kind === "ask") return given.request;
    if (given.kind === "handle") return { ...given.handle, resultType: "task", content: [] };
    return resultOf(given.data);
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    return toolError(error, tool.name, (thrown) => context.onError(thrown, tool.name));
  }
}

function callOf(request: ServerContext, { api, session, stopping, questions }: ToolContext, handshake: Handshake): ToolCall {
  const { mcpReq } = request;
  const token = mcpReq._meta?.progressToken;
  return {
    api,
    caller: agentCaller(session, request, handshake),
    session,
    capabilities: capabilitiesOf(request, handshake),
    signal: mcpReq.signal,
    stopping,
    answers: mcpReq.inputResponses,
    asked: mcpReq.requestState(),
    seal: (question) => questions.mint(question, request),
    progress:
      token === undefined
        ? null
        : async (report) => {
            await mcpReq.notify({ method: "notifications/progress", params: { progressToken: token, ...report } });
          },
  };
}

function handshakeOf({ server }: McpServer): Handshake {
  return { client: server.getClientVersion(), capabilities: server.getClientCapabilities() };
}

/**
 * Tells clients our schema but lets our own parser judge: its errors name the field and what was
 * meant.
 */
function advertised(schema: z.ZodType, io: "input" | "output") {
  const json = jsonSchemaOf(schema, io);
  return {
    "~standard": {
      version: 1 as const,
      vendor: "claude-worker",
      validate: (value: unknown) => ({ value }),
      jsonSchema: { input: () => json, output: () => json },
    },
  };
}

const made = new WeakMap<z.ZodType, Record<string, unknown>>();

/** Made once per schema: a server is built for every request over HTTP. */
function jsonSchemaOf(schema: z.ZodType, io: "input" | "output"): Record<string, unknown> {
  const known = made.get(schema);
  if (known !== undefined) return known;
  const json = z.toJSONSchema(schema, { io }) as Record<string, unknown>;
  made.set(schema, json);
  return json;
}
