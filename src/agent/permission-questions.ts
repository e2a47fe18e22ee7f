/**
 * Translates between the SDK's requests for a decision and questions: what is asked, and what an
 * answer means to Claude Code.
 */
import { createHash } from "node:crypto";
import type { Answer, AskedQuestion, PlanMode, QuestionKind } from "../domain/questions/question.ts";
import type { JsonObject } from "../domain/text/read-json.ts";
import { canonicalJson } from "../domain/text/canonical-json.ts";

/** A question without the key that the runner gives it. */
export type NewQuestion = Omit<AskedQuestion, "key">;

/** What the SDK says of a call (CanUseTool of the Agent SDK 0.3.332). */
export interface ToolRequest {
  readonly toolUseID: string;
  readonly agentID?: string;
  readonly suppressAlwaysAllowRule?: boolean;
  readonly suggestions?: readonly Suggestion[];
}

/** A change of permissions that Claude Code suggests (PermissionUpdate). */
type Suggestion = { readonly type: string; readonly behavior?: string; readonly rules?: readonly RuleValue[] };
type RuleValue = { readonly toolName: string; readonly ruleContent?: string };

/** The changes that an answer makes (PermissionUpdate). */
type Update =
  | { type: "setMode"; mode: PlanMode; destination: "session" }
  | { type: "addRules"; rules: { toolName: string; ruleContent?: string }[]; behavior: "allow"; destination: "session" };

/** What Claude Code takes as a decision (PermissionResult). */
export type ToolResult =
  | { behavior: "allow"; updatedInput: Record<string, unknown>; updatedPermissions?: Update[] }
  | { behavior: "deny"; message: string };

/** What an MCP server asks (ElicitationRequest). */
export interface ServerRequest {
  readonly serverName: string;
  readonly message: string;
  readonly mode?: "form" | "url";
  readonly url?: string;
  readonly requestedSchema?: Record<string, unknown>;
}

/** What it gets (ElicitationResult). */
type FormValue = string | number | boolean | string[];
export type ServerResult = { action: "accept" | "decline" | "cancel"; content?: Record<string, FormValue> };

const kinds: Readonly<Record<string, QuestionKind>> = {
  AskUserQuestion: "question",
  ExitPlanMode: "plan",
  SandboxNetworkAccess: "network",
};

/** The question of a tool call that neither the permission mode nor a rule decides. */
export function questionOfTool(tool: string, input: JsonObject, request: ToolRequest): NewQuestion {
  const kind = kinds[tool] ?? "permission";
  return {
    kind,
    tool,
    toolUseId: request.toolUseID,
    agentId: request.agentID ?? null,
    input,
    inputHash: hashOf(tool, input),
    rule: kind === "permission" && request.suppressAlwaysAllowRule !== true ? ruleIn(request.suggestions) : null,
  };
}

/** What Claude Code does after the answer; null: it waits no more, so this changes nothing. */
export function toolResult({ kind, input }: Pick<NewQuestion, "kind" | "input">, answer: Answer | null): ToolResult {
  if (answer === null) return { behavior: "deny", message: "The question was withdrawn." };
  const { decision, message, answers, mode, rule } = answer;
  if (decision === "deny") return { behavior: "deny", message: denial(kind, message) };
  if (kind === "question") {
    return {
      behavior: "allow",
      updatedInput: { ...input, answers: joined(answers ?? {}), ...(message === undefined ? {} : { response: message }) },
    };
  }
  if (kind === "plan" && mode !== undefined) return allow(input, [{ type: "setMode", mode, destination: "session" }]);
  return allow(input, rule === undefined ? [] : [ruleUpdate(rule)]);
}

/** The question of an MCP server: a form, or an address to open. */
export function questionOfServer(request: ServerRequest): NewQuestion {
  const { serverName, message, mode = "form", url, requestedSchema } = request;
  const input = {
    serverName,
    message,
    mode,
    ...(url === undefined ? {} : { url }),
    ...(requestedSchema === undefined ? {} : { requestedSchema }),
  };
  const tool = `mcp__${serverName}`;
  return { kind: "elicitation", tool, toolUseId: null, agentId: null, input, inputHash: hashOf(tool, input), rule: null };
}

export function serverResult(answer: Answer | null): ServerResult {
  if (answer === null) return { action: "cancel" };
  if (answer.decision === "deny") return { action: "decline" };
  return { action: "accept", content: { ...answer.content } as Record<string, FormValue> };
}

function allow(input: JsonObject, updates: Update[]): ToolResult {
  return { behavior: "allow", updatedInput: { ...input }, ...(updates.length === 0 ? {} : { updatedPermissions: updates }) };
}

function denial(kind: QuestionKind, message: string | undefined): string {
  if (kind === "plan") return message === undefined ? "The user does not approve the plan. Ask, or make another one." : message;
  if (message === undefined)
    return "The user denied this call. Continue without it; if that is not possible, end and say what you would have needed.";
  return kind === "question" ? message : `The user denied this call: ${message}`;
}

/** Claude Code joins the labels of several choices in this way. */
function joined(answers: NonNullable<Answer["answers"]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(answers).map(([question, answer]) => [question, typeof answer === "string" ? answer : answer.join(", ")]),
  );
}

/**
 * The rule that Claude Code suggests. Only a rule is taken: the other suggestions change the
 * permission mode or the directories of the whole session.
 */
function ruleIn(suggestions: readonly Suggestion[] = []): string | null {
  const rules = suggestions.flatMap((each) => (each.type === "addRules" && each.behavior === "allow" ? (each.rules ?? []) : []));
  const [only, ...more] = rules;
  if (only === undefined || more.length > 0 || isAnyCommand(only)) return null;
  return only.ruleContent === undefined ? only.toolName : `${only.toolName}(${only.ruleContent})`;
}

/** A rule for every command would be a permission mode. */
function isAnyCommand({ toolName, ruleContent = "" }: RuleValue): boolean {
  return /^(Bash|PowerShell)$/.test(toolName) && /^[\s*:]*$/.test(ruleContent);
}

/** In the session only: Claude Worker itself keeps the rule for later tasks. */
function ruleUpdate(rule: string): Update {
  const open = rule.indexOf("(");
  const parsed = open < 0 ? { toolName: rule } : { toolName: rule.slice(0, open), ruleContent: rule.slice(open + 1, -1) };
  return { type: "addRules", rules: [parsed], behavior: "allow", destination: "session" };
}

/** Names a call: the same tool with the same input. */
export function hashOf(tool: string, input: JsonObject): string {
  return createHash("sha256")
    .update(canonicalJson([tool, input]))
    .digest("hex");
}
