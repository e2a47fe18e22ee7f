/** Which of a task's events `logs` and `watch` show. */
import type { EventView } from "../../contract/views.ts";
import { stringOf } from "../../domain/text/read-json.ts";

export interface EventChoice {
  readonly errors?: boolean | undefined;
  readonly tools?: boolean | undefined;
  readonly text?: boolean | undefined;
}

/** Of several kinds every one is shown; without one everything is. */
export function isChosen(event: EventView, { errors, tools, text }: EventChoice): boolean {
  if (errors !== true && tools !== true && text !== true) return true;
  return (errors === true && isError(event)) || (tools === true && toolTypes.has(event.type)) || (text === true && event.type === "text");
}

/**
 * Whether a person need not see it unless they ask: the session's number, how Claude Code was
 * started, its notices.
 */
export function isMachinery({ type, data }: EventView): boolean {
  return type === "session" || type === "init" || (type === "notice" && !speakingNotices.has(data["kind"]) && !isFailedWork(data));
}

/** The end of a sub-agent or of a command in the background that is not a good one. */
function isFailedWork(data: EventView["data"]): boolean {
  return data["kind"] === "task_notification" && data["status"] === "failed";
}

const toolTypes = new Set<EventView["type"]>(["tool_use", "tool_result", "permission_denied"]);
/** Notices that say what went wrong or why a task was stopped. */
const speakingNotices = new Set<unknown>([
  "api_error",
  "stop_requested",
  "settings_not_in_effect",
  "hook_no_verdict",
  "waiting_background",
  "hook_running",
  "hook_ended",
  "stop_hook_blocked",
  "stop_hook_overridden",
  "failed_mcp_server",
]);

const errorNotices = new Set<unknown>(["api_error", "stderr", "stop_hook_overridden", "failed_mcp_server"]);

function isError({ type, data, summary }: EventView): boolean {
  switch (type) {
    case "permission_denied":
    case "api_retry":
      return true;
    case "rate_limit":
      return data["status"] !== "allowed";
    case "notice":
      return errorNotices.has(data["kind"]) || isFailedWork(data);
    case "attempt_ended":
      return summary.length > 0;
    case "ended":
      return stringOf(data["status"]) !== "completed";
    case "requeued":
      return true;
    default:
      return data["is_error"] === true;
  }
}
