/** Makes events of Claude Code's messages of the type `system`: start, notices, background work. */
import { backgroundAfter } from "../attempt/background.ts";
import { cutJson } from "../text/cut-json.ts";
import { denied, mark, notice, word } from "./event-draft.ts";
import type { EventData, EventDraft, NoticeData } from "./event.ts";
import { arrayOf, numberOf, objectOf, stringOf } from "../text/read-json.ts";
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
      return [notice(message["subtype"], message["content"], {})];
    case "informational":
      return [informationalEvent(message)];
    case "notification":
      return [notice(notificationKind(message), message["text"], {})];
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

function endOfWork(message: JsonObject): Omit<NoticeData["task_notification"], "kind" | "text" | "truncated"> {
  return { task_id: word(message["task_id"]), status: word(message["status"]), tool_use_id: word(message["tool_use_id"]) };
}

const maxBackgroundTasks = 100;

/** Gives the event no summary line: the start and the end of background work have lines already. */
function backgroundEvent(message: JsonObject): EventDraft<"notice"> {
  const tasks = (backgroundAfter(message) ?? []).slice(0, maxBackgroundTasks);
  const brief = tasks.map(({ id, type, description }) => ({
    task_id: word(id) ?? "",
    task_type: word(type) ?? "",
    description: word(description) ?? "",
  }));
  return notice("background", "", { tasks: brief });
}

/**
 * Makes a notice for lost lines of the session. Lost changes of Claude Code's own configuration do
 * not harm the task.
 */
function sessionLossEvents(message: JsonObject): EventDraft[] {
  if (Array.isArray(message["lost"]) && !message["lost"].includes("transcript")) return [];
  const error = word(message["error_code"]);
  const text = `Claude Code could not save its session (${error ?? "no reason given"}).`;
  return [notice("session_writes_lost", text, { error })];
}

/** Claude Code overrides a Stop hook at its ninth refusal in a row (measured with 2.1.330). */
function notificationKind({ key }: JsonObject): "stop_hook_overridden" | "notification" {
  return key === "stop-hook-block-cap" ? "stop_hook_overridden" : "notification";
}

/** A tag names what a person should see: rules or a check that did not count. */
function informationalEvent(message: JsonObject): EventDraft<"notice"> {
  switch (message["tag"]) {
    case "settings_not_in_effect":
      return notice("settings_not_in_effect", message["content"], {});
    case "hook_no_verdict":
      return notice("hook_no_verdict", message["content"], uncheckedCall(objectOf(message["hook_no_verdict"])));
    default:
      return notice("informational", message["content"], {});
  }
}

/** The call that a hook did not decide about. */
function uncheckedCall(verdict: JsonObject): Pick<NoticeData["hook_no_verdict"], "hook_event" | "tool_use_id" | "timed_out"> {
  return {
    hook_event: word(verdict["hook_event"]),
    tool_use_id: word(verdict["tool_use_id"]),
    timed_out: verdict["timed_out"] === true,
  };
}

function initEvent(message: JsonObject): EventDraft<"init"> {
  const { value, truncated } = cutJson({
    session_id: message["session_id"],
    model: message["model"],
    cwd: message["cwd"],
    permission_mode: message["permissionMode"],
    claude_code_version: message["claude_code_version"],
    api_key_source: message["apiKeySource"],
    tools: message["tools"],
    mcp_servers: message["mcp_servers"],
  });
  const cut = objectOf(value);
  const data: EventData["init"] = {
    session_id: stringOf(cut["session_id"]),
    model: stringOf(cut["model"]),
    cwd: stringOf(cut["cwd"]),
    permission_mode: stringOf(cut["permission_mode"]),
    claude_code_version: stringOf(cut["claude_code_version"]),
    api_key_source: stringOf(cut["api_key_source"]),
    tools: arrayOf(cut["tools"]).filter((tool) => typeof tool === "string"),
    mcp_servers: arrayOf(cut["mcp_servers"]).map(objectOf).map(mcpServer),
    ...mark(truncated),
  };
  return { type: "init", data };
}

function mcpServer(server: JsonObject): EventData["init"]["mcp_servers"][number] {
  return { name: stringOf(server["name"]) ?? "", status: stringOf(server["status"]) ?? "" };
}

function apiRetryEvent(message: JsonObject): EventDraft<"api_retry"> {
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

function compactFacts(metadata: JsonObject): Pick<NoticeData["compacted"], "trigger" | "tokens_before"> {
  return { trigger: word(metadata["trigger"]), tokens_before: numberOf(metadata["pre_tokens"]) };
}
