/**
 * The readable lines of a stored event: those of its record, or, for what the server itself wrote,
 * a line made here.
 */
import type { TaskEvent } from "./event.ts";
import { plainLine } from "../text/plain-text.ts";
import { arrayOf, stringOf } from "../text/read-json.ts";

/** The lines, without control characters; none for events that a person need not see. */
export function eventSummary(event: Pick<TaskEvent, "type" | "data">): string[] {
  const lines = arrayOf(event.data["summary"]).filter((line) => typeof line === "string");
  if (lines.length > 0) return lines;
  const line = serverLine(event);
  return line === null ? [] : [plainLine(line, 240)];
}

function serverLine({ type, data }: Pick<TaskEvent, "type" | "data">): string | null {
  const text = (field: string): string => stringOf(data[field]) ?? "";
  switch (type) {
    case "submitted":
      return "[task] submitted";
    case "started":
      return `[task] attempt ${String(data["attempt"])} started`;
    case "resumed":
      return `[task] attempt ${String(data["attempt"])} resumes the session; a tool call that was in flight may run again`;
    case "requeued":
      return `[task] waits again (${text("outcome")}): ${text("message")}`;
    case "cancel_requested":
      return "[task] cancel requested";
    case "retried":
      return `[task] to be ${data["resume"] === true ? "continued where it was" : "tried again from the beginning"}`;
    case "swept":
      return `[task] ${arrayOf(data["processes"]).length} left-over process(es) ended`;
    case "ended":
      return `[task] ${text("status")}: ${text("message")}`;
    default:
      return null;
  }
}
