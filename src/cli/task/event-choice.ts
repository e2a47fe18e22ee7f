/** Which of a task's events `logs` and `watch` show. */
import type { EventView } from "../../contract/views/event.ts";
import type { NoticeKind } from "../../domain/events/event.ts";
import { isFailedWork } from "../../domain/events/machinery.ts";

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

const toolTypes = new Set<EventView["type"]>(["tool_use", "tool_result", "permission_denied"]);
const errorNotices = new Set<NoticeKind>(["api_error", "stderr", "stop_hook_overridden", "failed_mcp_server"]);

function isError({ type, data, summary }: EventView): boolean {
  switch (type) {
    case "permission_denied":
    case "api_retry":
      return true;
    case "rate_limit":
      return data.status !== "allowed";
    case "notice":
      return errorNotices.has(data.kind) || isFailedWork(data);
    case "attempt_ended":
      return summary.length > 0;
    case "ended":
      return data.status !== "completed";
    case "requeued":
      return true;
    case "tool_result":
    case "result":
      return data.is_error;
    default:
      return false;
  }
}
