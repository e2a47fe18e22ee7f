/** Says which of Claude Code's results belong to the task. */
import { objectOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";

/**
 * Whether this `result` message ends a turn of the task. A resumed session first reports the
 * background work that died with the earlier process: that makes a success without a turn, which
 * says nothing of the task (measured with Claude Code 2.1.330).
 */
export function isOwnResult(message: JsonObject): boolean {
  return !(objectOf(message["origin"])["kind"] === "task-notification" && message["num_turns"] === 0);
}
