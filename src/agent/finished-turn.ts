/**
 * Makes a result from the session's messages for a turn that Claude Code had finished when it was
 * killed before it reported the result.
 */
import { lookUp, modelStops } from "../domain/task/claude-words.ts";

/** A message of a session, as the SDK's getSessionMessages gives it. */
export interface SessionMessage {
  readonly type: string;
  readonly parent_tool_use_id: string | null;
  readonly message: unknown;
}

interface Body {
  readonly id?: unknown;
  readonly model?: unknown;
  readonly stop_reason?: unknown;
  readonly content?: unknown;
  readonly usage?: Readonly<Record<string, unknown>>;
}
interface Block {
  readonly type?: unknown;
  readonly text?: unknown;
  /** Of a call. */
  readonly id?: unknown;
  readonly name?: unknown;
  readonly input?: unknown;
  /** Of its result. */
  readonly tool_use_id?: unknown;
  readonly is_error?: unknown;
}

/**
 * A `result` message in Claude Code's shape, marked `_recovered`, or null when the session's last
 * turn is not finished. It lacks the cost and the time, which are not known.
 * @param isStructured whether the task has a JSON Schema: then only the call of a tool answers.
 */
export function finishedTurn(sessionId: string, messages: readonly SessionMessage[], isStructured = false) {
  const own = messages.filter((message) => message.parent_tool_use_id === null && !isOfCommand(message));
  const answer = isStructured ? structuredAnswer(own) : textAnswer(own);
  if (answer === null) return null;
  const answers = own.slice(own.findLastIndex(isPrompt) + 1).filter(({ type }) => type === "assistant");
  return {
    type: "result",
    subtype: "success",
    is_error: false,
    session_id: sessionId,
    ...answer,
    num_turns: answers.length,
    modelUsage: usageOf(answers.map(({ message }) => message as Body)),
    permission_denials: [],
    terminal_reason: "completed",
    _recovered: true,
    // The journal may lack some of these messages.
    _message_ids: [...new Set(answers.flatMap(({ message }) => idOf(message as Body)))],
  };
}

function textAnswer(own: readonly SessionMessage[]) {
  const last = own.at(-1);
  return last?.type === "assistant" && isFinal(last.message as Body) ? { result: textOf(last.message as Body) } : null;
}

/** Claude Code's tool for structured answers. A call of it that succeeds ends the turn. */
const answerTool = "StructuredOutput";

/** The input of the call, once all calls of its message have their results. */
function structuredAnswer(own: readonly SessionMessage[]) {
  const lastId = (own.findLast(({ type }) => type === "assistant")?.message as Body | undefined)?.id;
  if (typeof lastId !== "string") return null;
  const from = own.findIndex(({ type, message }) => type === "assistant" && (message as Body).id === lastId);
  const blocks = own.slice(from).flatMap(({ message }) => blocksOf(message as Body));
  const results = new Map(blocks.filter(({ type }) => type === "tool_result").map((block) => [block.tool_use_id, block]));
  const calls = blocks.filter(({ type }) => type === "tool_use");
  const call = calls.find(({ name, id }) => name === answerTool && results.get(id)?.is_error !== true);
  const isFollowed = own.slice(from).some(isPrompt);
  if (isFollowed || call === undefined || calls.some(({ id }) => !results.has(id))) return null;
  return { result: JSON.stringify(call.input), structured_output: call.input };
}

/**
 * Whether this is a complete answer of the model: it has no open call, and it is not a report of
 * Claude Code about a failed API. Any other end is resumed.
 */
function isFinal(body: Body): boolean {
  const open = blocksOf(body).some(({ type }) => type === "tool_use");
  const isEnd = typeof body.stop_reason === "string" && lookUp<unknown>(modelStops, body.stop_reason) === "finished";
  return !open && isEnd && body.model !== "<synthetic>" && textOf(body) !== "";
}

function idOf({ id, model }: Body): string[] {
  return typeof id === "string" && model !== "<synthetic>" ? [id] : [];
}

/** What Claude Code notes of a command that it has run itself: no part of the turn. */
function isOfCommand({ type, message }: SessionMessage): boolean {
  const { content } = message as Body;
  return type === "user" && typeof content === "string" && /^<(command-name|local-command-\w+)>/.test(content);
}

function isPrompt({ type, message }: SessionMessage): boolean {
  return type === "user" && !blocksOf(message as Body).some((block) => block.type === "tool_result");
}

function textOf(body: Body): string {
  return blocksOf(body)
    .flatMap(({ type, text }) => (type === "text" && typeof text === "string" ? [text] : []))
    .join("\n");
}

function blocksOf(body: Body): readonly Block[] {
  if (typeof body.content === "string") return [{ type: "text", text: body.content }];
  return Array.isArray(body.content) ? (body.content as Block[]) : [];
}

/**
 * The turn's tokens by model. Blocks of one answer share its usage, so the sum is an upper bound.
 */
function usageOf(bodies: readonly Body[]): Record<string, Record<string, number>> {
  const models: Record<string, Record<string, number>> = {};
  for (const { model, usage } of bodies) {
    if (typeof model !== "string" || model === "<synthetic>") continue;
    const sum = (models[model] ??= { inputTokens: 0, outputTokens: 0, cacheReadInputTokens: 0, cacheCreationInputTokens: 0 });
    sum["inputTokens"] = (sum["inputTokens"] ?? 0) + numberOf(usage?.["input_tokens"]);
    sum["outputTokens"] = (sum["outputTokens"] ?? 0) + numberOf(usage?.["output_tokens"]);
    sum["cacheReadInputTokens"] = (sum["cacheReadInputTokens"] ?? 0) + numberOf(usage?.["cache_read_input_tokens"]);
    sum["cacheCreationInputTokens"] = (sum["cacheCreationInputTokens"] ?? 0) + numberOf(usage?.["cache_creation_input_tokens"]);
  }
  return models;
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
