/**
 * Turns a line of the journal into events. events-from-system.ts handles messages of the type
 * `system`, events-from-note.ts the runner's own notes. Messages that only Claude Code's own
 * screens need (progress, status, hooks) make no event; the journal keeps every record whole.
 * Fields of `data` are snake_case, because CLI, REST and MCP show them unchanged.
 */
import { cutJson, cutString } from "../text/cut-json.ts";
import { mark, notice, word } from "./event-draft.ts";
import type { EventData, EventDraft, NewEvent, Result } from "./event.ts";
import { eventsFromNote } from "./events-from-note.ts";
import { eventsFromSystem } from "./events-from-system.ts";
import { amountOf, arrayOf, countOf, momentOf, numberOf, objectOf, stringOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";
import { isOwnResult } from "../attempt/own-result.ts";
import type { JournalRecord } from "./record.ts";

/** A result is a task's answer: it is kept far longer than other texts. In UTF-16 code units. */
const maxResultLength = 1024 * 1024;
const maxDeniedCalls = 200;

/**
 * The events of a record, oldest first; none for records that only the journal keeps. Strings over
 * 16 KB are cut, and `data.truncated` says so. Does not throw for any record, because Claude Code
 * defines its shape (SDKMessage of the Agent SDK).
 */
export function eventsFromRecord(record: JournalRecord): NewEvent[] {
  const message: JsonObject = objectOf(record);
  const at = Date.parse(stringOf(message["_at"]) ?? "");
  return draftsOf(message).map((draft) => ({ ...draft, at: Number.isFinite(at) ? at : 0 }));
}

function draftsOf(message: JsonObject): EventDraft[] {
  switch (message["type"]) {
    case "assistant":
      return assistantEvents(message);
    case "user":
      return [...toolResultEvents(message), ...hookFeedbackEvents(message)];
    case "system":
      return eventsFromSystem(message);
    case "result":
      return isOwnResult(message) ? [resultEvent(message)] : [];
    case "rate_limit_event":
      return [rateLimitEvent(objectOf(message["rate_limit_info"]))];
    case "auth_status":
      return message["error"] === undefined ? [] : [notice("auth_status", message["error"], {})];
    case "worker":
      return eventsFromNote(message);
    default:
      return [];
  }
}

/**
 * Claude Code reports API errors in an assistant message of the model `<synthetic>`. That makes a
 * notice, not a text of the agent.
 */
function assistantEvents(message: JsonObject): EventDraft[] {
  const body = objectOf(message["message"]);
  const error = word(message["error"]);
  const from = subagentOf(message);
  if (error !== null && body["model"] === "<synthetic>") {
    const text = arrayOf(body["content"]).map((block) => stringOf(objectOf(block)["text"]) ?? "");
    return [notice("api_error", text.join("\n").trim(), { error, ...from })];
  }
  const events = arrayOf(body["content"]).flatMap((block) => blockEvents(objectOf(block), from));
  return error === null ? events : [...events, notice("api_error", error, { error, ...from })];
}

function blockEvents(block: JsonObject, from: OfSubagent): EventDraft[] {
  if (block["type"] === "text") return textEvent("text", block["text"], from);
  if (block["type"] === "thinking") return textEvent("thinking", block["thinking"], from);
  if (block["type"] !== "tool_use" && block["type"] !== "server_tool_use") return [];
  const input = cutJson(block["input"] ?? {});
  return [
    {
      type: "tool_use",
      data: {
        tool: word(block["name"]) ?? "",
        tool_use_id: word(block["id"]) ?? "",
        input: input.value,
        ...mark(input.truncated),
        ...from,
      },
    },
  ];
}

function textEvent(type: "text" | "thinking", value: unknown, from: OfSubagent): EventDraft[] {
  const text = cutString(stringOf(value) ?? "");
  return text.value.trim() === "" ? [] : [{ type, data: { text: text.value, ...mark(text.truncated), ...from } }];
}

function toolResultEvents(message: JsonObject): EventDraft<"tool_result">[] {
  const from = subagentOf(message);
  return arrayOf(objectOf(message["message"])["content"])
    .map(objectOf)
    .filter((block) => block["type"] === "tool_result")
    .map((block) => {
      const text = cutString(withoutEnvelope(toolText(block["content"])));
      const data = { tool_use_id: word(block["tool_use_id"]) ?? "", is_error: block["is_error"] === true, text: text.value };
      return { type: "tool_result", data: { ...data, ...mark(text.truncated), ...from } };
    });
}

/** The first line of Claude Code's message to Claude when a Stop hook does not let the turn end. */
const hookFeedback = /^Stop hook feedback:\n/;

/**
 * Makes a notice that says why a Stop hook did not let the turn end. Claude Code sends that reason
 * to Claude in a separate message.
 */
function hookFeedbackEvents(message: JsonObject): EventDraft[] {
  if (message["isSynthetic"] !== true || message["parent_tool_use_id"] != null) return [];
  return arrayOf(objectOf(message["message"])["content"])
    .map((block) => stringOf(objectOf(block)["text"]) ?? "")
    .filter((text) => hookFeedback.test(text))
    .map((text) => text.replace(hookFeedback, "").trim())
    .map((said) => notice("stop_hook_blocked", `hook Stop did not let the turn end: ${said}`, { said: word(said) }));
}

/** A tool's result as text; other content (images, documents) is named by its kind. */
function toolText(content: unknown): string {
  if (typeof content === "string") return content;
  return arrayOf(content)
    .map((part) => stringOf(objectOf(part)["text"]) ?? `[${word(objectOf(part)["type"]) ?? "?"}]`)
    .join("\n");
}

/** Claude Code marks an error of its own for the model. People read the error. */
function withoutEnvelope(text: string): string {
  return /^<tool_use_error>([^]*?)(?:<\/tool_use_error>)?$/.exec(text)?.[1] ?? text;
}

/**
 * `resetsAt` comes in seconds since 1970 (measured with Claude Code 2.1.330); later than the year
 * 5138 it must be milliseconds.
 */
function rateLimitEvent(info: JsonObject): EventDraft<"rate_limit"> {
  const resets = numberOf(info["resetsAt"]);
  const utilization = numberOf(info["utilization"]);
  const threshold = numberOf(info["surpassedThreshold"]);
  const data: EventData["rate_limit"] = {
    status: word(info["status"]),
    limit: word(info["rateLimitType"]),
    resets_at: resets === null ? null : momentOf(resets > 1e11 ? resets : resets * 1000),
    utilization,
    // A warning without numbers has only this threshold: for a week's limit the warning comes at
    // three quarters.
    ...(utilization === null && threshold !== null ? { surpassed_threshold: threshold } : {}),
    using_overage: info["isUsingOverage"] === true,
  };
  return { type: "rate_limit", data };
}

function resultEvent(message: JsonObject): EventDraft<"result"> {
  const errors = arrayOf(message["errors"]).filter((error) => typeof error === "string");
  const text = cutString(stringOf(message["result"]) ?? errors.join("\n"), maxResultLength);
  const data: Result = {
    subtype: word(message["subtype"]) ?? "",
    is_error: message["is_error"] === true,
    text: text.value,
    terminal_reason: word(message["terminal_reason"]),
    stop_reason: word(message["stop_reason"]),
    api_error_status: numberOf(message["api_error_status"]),
    startup_failure: word(message["startup_failure_reason"]),
    called_model: calledModel(message),
    duration_ms: countOf(message["duration_ms"]) ?? 0,
    cost_usd: amountOf(message["total_cost_usd"]),
    usage: usageOf(objectOf(message["modelUsage"])),
    permission_denials: arrayOf(message["permission_denials"]).length,
    denied_calls: arrayOf(message["permission_denials"]).slice(0, maxDeniedCalls).map(objectOf).map(deniedCall),
    ...answerProblemIn(message),
    ...(message["command_answer"] === true ? { command_answer: true } : {}),
    recovered: message["_recovered"] === true,
    ...mark(text.truncated),
  };
  return { type: "result", data };
}

/** What the runner found. */
function answerProblemIn(message: JsonObject): Pick<Result, "answer_problem"> {
  const problem = stringOf(message["answer_problem"]);
  return problem === null ? {} : { answer_problem: cutString(problem, 1000).value };
}

/** The call's input is in the `tool_use` event of the same id. */
function deniedCall({ tool_name: tool, tool_use_id: id }: JsonObject) {
  return { tool: word(tool) ?? "", tool_use_id: word(id) ?? "" };
}

/**
 * Whether the model was called. A local answer has no turn and no usage: the totals of a resumed
 * session stay as they were.
 */
function calledModel(message: JsonObject): boolean {
  if (countOf(message["num_turns"]) !== 0) return true;
  return Object.keys(objectOf(message["model_usage_since_last_result"] ?? message["modelUsage"])).length > 0;
}

function usageOf(models: JsonObject): Result["usage"] {
  const entries = Object.entries(models).slice(0, 100);
  return Object.fromEntries(entries.map(([model, usage]) => [word(model) ?? "", modelUsageOf(objectOf(usage))]));
}

function modelUsageOf(usage: JsonObject): Result["usage"][string] {
  return {
    input_tokens: countOf(usage["inputTokens"]) ?? 0,
    output_tokens: countOf(usage["outputTokens"]) ?? 0,
    cache_read_input_tokens: countOf(usage["cacheReadInputTokens"]) ?? 0,
    cache_creation_input_tokens: countOf(usage["cacheCreationInputTokens"]) ?? 0,
    cost_usd: amountOf(usage["costUSD"]) ?? 0,
  };
}

/** Which call's sub-agent a message is of; nothing for the main agent's. */
type OfSubagent = Pick<EventData["text"], "parent_tool_use_id">;

function subagentOf(message: JsonObject): OfSubagent {
  const parent = word(message["parent_tool_use_id"]);
  return parent === null ? {} : { parent_tool_use_id: parent };
}
