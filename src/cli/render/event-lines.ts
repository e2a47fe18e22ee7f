/** An event of a task as lines for people, with the time of day in front. Everything from the agent is made plain. */
import type { EventView } from "../../contract/views.ts";
import { plainLine, plainText } from "../../domain/plain-text.ts";
import type { Painter } from "./colour.ts";
import { clock } from "./time.ts";

/** Lines without newlines; none for events that a person need not see. */
export function eventLines(event: EventView, paint: Painter): string[] {
  const lines = agentText(event) ?? event.summary.map((line) => painted(plainLine(line, 2000), event, paint));
  const [first, ...more] = lines;
  if (first === undefined) return [];
  return [`${paint.dim(clock(event.at))} ${first}`, ...more.map((line) => `         ${line}`)];
}

/** What the agent says, in full: the summary has its first line only. */
export function agentText(event: EventView): string[] | null {
  const { text } = event.data;
  if (event.type !== "text" || typeof text !== "string") return null;
  return plainText(text)
    .trim()
    .split("\n")
    .map((line) => line.trimEnd());
}

function painted(line: string, event: EventView, paint: Painter): string {
  switch (event.type) {
    case "tool_use":
      return paint.cyan(line);
    case "permission_denied":
    case "rate_limit":
    case "api_retry":
      return paint.yellow(line);
    case "tool_result":
    case "swept":
      return paint.yellow(line);
    case "result":
    case "attempt_ended":
      return event.data["is_error"] === true ? paint.red(line) : line;
    default:
      return paint.dim(line);
  }
}
