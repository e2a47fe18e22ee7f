/**
 * Decides what Claude Code cannot decide itself, calls of tools and forms of MCP servers: asks a
 * person, or denies it where the task may not ask.
 */
import type { JsonObject } from "../domain/text/read-json.ts";
import type { AgentWork, Ask, Emit } from "./agent.ts";
import { denialOf } from "./claude-options.ts";
import { questionOfServer, questionOfTool, serverResult, toolResult } from "./permission-questions.ts";
import type { ServerRequest, ServerResult, ToolRequest, ToolResult } from "./permission-questions.ts";

interface Signalled {
  readonly signal: AbortSignal;
}

export class Decisions {
  #emit: Emit = () => {};
  /** Null: the task may not ask. */
  #ask: Ask | null = null;
  /** Called when Claude Code asks for a decision on a call. */
  onDecide: () => void = () => {};

  /** From now on Claude Code works for this task; before, everything is denied. */
  begin({ spec }: AgentWork, emit: Emit, ask: Ask): void {
    this.#emit = emit;
    this.#ask = spec.onQuestion === "deny" ? null : ask;
  }

  /** Decides a call that neither the permission mode nor a rule decides. */
  readonly ofCall = async (tool: string, input: JsonObject, request: ToolRequest & Signalled): Promise<ToolResult> => {
    this.onDecide();
    if (this.#ask === null) return this.#deny(tool, input, request);
    const question = questionOfTool(tool, input, request);
    return toolResult(question, await this.#ask(question, request.signal));
  };

  /** Answers a form of an MCP server. */
  readonly ofForm = async (request: ServerRequest, { signal }: Signalled): Promise<ServerResult> =>
    this.#ask === null ? { action: "decline" } : serverResult(await this.#ask(questionOfServer(request), signal));

  #deny(tool: string, input: JsonObject, { toolUseID: toolUseId }: ToolRequest): ToolResult {
    const message = denialOf(tool);
    this.#emit({ type: "worker", subtype: "permission_denied", tool, toolUseId, input, reason: message });
    return { behavior: "deny", message };
  }
}
