/**
 * Decides what Claude Code cannot decide itself, calls of tools and forms of MCP servers: asks a
 * person, or denies it where the task may not ask.
 */
import type { Answer } from "../domain/questions/question.ts";
import { objectOf } from "../domain/text/read-json.ts";
import type { JsonObject } from "../domain/text/read-json.ts";
import type { AgentWork, Ask, Emit } from "./agent.ts";
import { denialOf } from "./claude-options.ts";
import type { DecidedCalls } from "./decided-calls.ts";
import { hashOf, questionOfServer, questionOfTool, serverResult, toolResult } from "./permission-questions.ts";
import type { NewQuestion, ServerRequest, ServerResult, ToolRequest, ToolResult } from "./permission-questions.ts";

interface Signalled {
  readonly signal: AbortSignal;
}

/** What the SDK tells a hook before a call (PreToolUseHookInput). */
interface BeforeCall {
  readonly hook_event_name: string;
  readonly tool_name?: unknown;
  readonly tool_input?: unknown;
}

/** Questions of an attempt that may wait at once. An MCP server can ask without the model. */
const mostOpen = 100;
/** Forms of an attempt, also where each is answered at once. */
const mostForms = 1000;
/** Of a form, as JSON: each reader of the task gets all of it. */
const longestForm = 100_000;

/** What a hook says so that Claude Code asks for a decision, whatever its rules say. */
const askFirst = { hookSpecificOutput: { hookEventName: "PreToolUse" as const, permissionDecision: "ask" as const } };

const tooMany = `${mostOpen} questions of this task wait for a person already.`;

export class Decisions {
  readonly #decided: DecidedCalls;
  #emit: Emit = () => {};
  /** Null: the task may not ask. */
  #ask: Ask | null = null;
  /** Called when Claude Code asks for a decision on a call. */
  onDecide: () => void = () => {};
  #open = 0;
  #forms = 0;
  /** Calls that a person has denied in an earlier attempt, and that have not come again. */
  #denied: readonly string[] = [];
  /** What was refused and why: noted once, as a server may ask again at once. */
  readonly #noted = new Set<string>();

  constructor(decided: DecidedCalls) {
    this.#decided = decided;
  }

  /** From now on Claude Code works for this task; before, everything is denied. */
  begin({ spec, questions = [] }: AgentWork, emit: Emit, ask: Ask): void {
    this.#emit = emit;
    this.#denied = questions.filter(({ answer }) => answer?.decision === "deny").map(({ inputHash }) => inputHash);
    this.#ask = spec.onQuestion === "deny" ? null : ask;
  }

  /**
   * Hooks of Claude Code, which come before all rules: a rule that was made after a denial must not
   * allow the call that was denied.
   */
  get hooks() {
    if (this.#denied.length === 0) return {};
    return { hooks: { PreToolUse: [{ hooks: [(call: BeforeCall) => Promise.resolve(this.#asksFor(call) ? askFirst : {})] }] } };
  }

  #asksFor({ tool_name: tool, tool_input: input }: BeforeCall): boolean {
    return this.#denied.includes(hashOf(String(tool), objectOf(input)));
  }

  /** Decides a call that neither the permission mode nor a rule decides. */
  readonly ofCall = async (tool: string, input: JsonObject, request: ToolRequest & Signalled): Promise<ToolResult> => {
    this.onDecide();
    if (this.#ask === null) return this.#deny(tool, input, request, denialOf(tool));
    if (this.#open >= mostOpen) return this.#deny(tool, input, request, `${tooMany} Continue without this call.`);
    const question = questionOfTool(tool, input, request);
    const at = this.#denied.indexOf(question.inputHash);
    if (at >= 0) this.#denied = this.#denied.toSpliced(at, 1);
    return toolResult(question, await this.#answerTo(question, this.#ask, request.signal));
  };

  /** Answers a form of an MCP server. */
  readonly ofForm = async (request: ServerRequest, { signal }: Signalled): Promise<ServerResult> => {
    if (this.#ask === null) return { action: "decline" };
    const question = questionOfServer(request);
    this.#forms += 1;
    const problem = this.#formProblem(question);
    if (problem === null) return serverResult(await this.#answerTo(question, this.#ask, signal));
    this.#noteForm(question, problem);
    return { action: "decline" };
  };

  async #answerTo(question: NewQuestion, ask: Ask, signal: AbortSignal): Promise<Answer | null> {
    this.#open += 1;
    try {
      const answer = await ask(question, signal);
      if (answer !== null) this.#decided.decided(question.toolUseId);
      return answer;
    } finally {
      this.#open -= 1;
    }
  }

  /** Why a form is not asked; null: it is. */
  #formProblem({ input }: NewQuestion): string | null {
    if (JSON.stringify(input).length > longestForm) return `A form of more than ${longestForm} characters was declined.`;
    if (this.#forms > mostForms) return `More than ${mostForms} forms were declined.`;
    return this.#open >= mostOpen ? tooMany : null;
  }

  #noteForm({ tool, input }: NewQuestion, reason: string): void {
    const key = `${tool} ${reason}`;
    if (this.#noted.has(key)) return;
    this.#noted.add(key);
    this.#emit({ type: "worker", subtype: "permission_denied", tool, input: { serverName: input["serverName"] }, reason });
  }

  #deny(tool: string, input: JsonObject, { toolUseID: toolUseId }: ToolRequest, message: string): ToolResult {
    this.#emit({ type: "worker", subtype: "permission_denied", tool, toolUseId, input, reason: message });
    return { behavior: "deny", message };
  }
}
