/** Makes events of Claude Code's messages of the type `system`: start, notices, background work. */
import { backgroundAfter } from "../attempt/background.ts";
import { cutJson } from "../text/cut-json.ts";
import { denied, mark, notice, word } from "./event-draft.ts";
import type { EventDraft } from "./event-draft.ts";
import { numberOf, objectOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";

/** The events of a record of the type `system`; none for a kind that only the journal keeps. */
export function eventsFromSystem(message: JsonObject): EventDraft[] {
  switch (message["subtype"]) {
    case "init":
      return [initEvent(message)];
    case "api_retry":
      return [apiRetryEvent(message)];
    case "permission_denied":
      return [denied(refusedCall(message))];
    case "compact_boundary":
      return [notice("compacted", "The conversation was compacted.", compactFacts(objectOf(message["compact_metadata"])))];
    case "model_refusal_fallback":
    case "model_refusal_no_fallback":
      return [notice(message["subtype"], message["content"])];
    case "informational":
      return [notice(informationalKind(message), message["content"], uncheckedCall(message))];
    case "notification":
      return [notice(notificationKind(message), message["text"])];
    case "task_notification":
      return message["skip_transcript"] === true || message["ambient"] === true
        ? []
        : [notice("task_notification", message["summary"], endOfWork(message))];
    case "background_tasks_changed":
      return [backgroundEvent(message)];
    case "session_writes_lost":
      return sessionLossEvents(message);
    default:
      return [];
  }
}

function endOfWork(message: JsonObject): JsonObject {
  return { task_id: word(message["task_id"]), status: word(message["status"]), tool_use_id: word(message["tool_use_id"]) };
}

const maxBackgroundTasks = 100;

/** No line for people: what starts and ends has lines of its own. */
function backgroundEvent(message: JsonObject): EventDraft {
  const tasks = (backgroundAfter(message) ?? []).slice(0, maxBackgroundTasks);
  const brief = tasks.map(({ id, type, description }) => ({ task_id: word(id), task_type: word(type), description: word(description) }));
  return notice("background", "", { tasks: brief });
}

/** Changes of its own configuration that are lost cost the task nothing. */
function sessionLossEvents(message: JsonObject): EventDraft[] {
  if (Array.isArray(message["lost"]) && !message["lost"].includes("transcript")) return [];
  const error = word(message["error_code"]);
  const text = `Claude Code could not save its session (${error ?? "no reason given"}).`;
  return [notice("session_writes_lost", text, { error })];
}

/** Claude Code overrides a Stop hook at its ninth no in a row (measured with 2.1.330). */
function notificationKind({ key }: JsonObject): string {
  return key === "stop-hook-block-cap" ? "stop_hook_overridden" : "notification";
}

/** A tag names what a person should see: rules or a check that did not count. */
const knownTags = ["settings_not_in_effect", "hook_no_verdict"];

function informationalKind({ tag }: JsonObject): string {
  return knownTags.find((known) => known === tag) ?? "informational";
}

/** Which call a hook said nothing to. */
function uncheckedCall(message: JsonObject): JsonObject {
  const verdict = objectOf(message["hook_no_verdict"]);
  if (message["tag"] !== "hook_no_verdict") return {};
  return {
    hook_event: word(verdict["hook_event"]),
    tool_use_id: word(verdict["tool_use_id"]),
    timed_out: verdict["timed_out"] === true,
  };
}

function initEvent(message: JsonObject): EventDraft {
  const data = cutJson({
    session_id: message["session_id"],
    model: message["model"],
    cwd: message["cwd"],
    permission_mode: message["permissionMode"],
    claude_code_version: message["claude_code_version"],
    api_key_source: message["apiKeySource"],
    tools: message["tools"],
    mcp_servers: message["mcp_servers"],
  });
  return { type: "init", data: { ...objectOf(data.value), ...mark(data.truncated) } };
}

function apiRetryEvent(message: JsonObject): EventDraft {
  const data = {
    attempt: numberOf(message["attempt"]),
    max_retries: numberOf(message["max_retries"]),
    delay_ms: numberOf(message["retry_delay_ms"]),
    status: numberOf(message["error_status"]),
    error: word(message["error"]),
  };
  return { type: "api_retry", data };
}

/** The call's input is in the `tool_use` event of the same id. */
function refusedCall(message: JsonObject) {
  const { tool_name: tool, tool_input: input, tool_use_id: id } = message;
  return { tool, input, id, reason: message["decision_reason"] ?? message["message"] };
}

function compactFacts(metadata: JsonObject): JsonObject {
  return { trigger: word(metadata["trigger"]), tokens_before: numberOf(metadata["pre_tokens"]) };
}
