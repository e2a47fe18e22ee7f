/** What Claude Code says of the end of work in the background, read from a session's stored events. */
import { backgroundTasks, nameOfBackground } from "./background.ts";
import type { EventType, NewEvent } from "./events/event.ts";
import { objectOf, stringOf } from "./read-json.ts";
import type { JsonObject } from "./read-json.ts";

/** The only events that it is read from. */
export const endedWorkEventTypes = ["session", "tool_use", "tool_result", "notice"] as const satisfies readonly EventType[];

/** Notices after which this attempt's work is ended by us. */
const ownEnds: ReadonlySet<unknown> = new Set(["cut_background", "stop_requested"]);

/**
 * The names of what Claude Code itself stopped: commands that a sub-agent left at its end. What
 * Claude stopped by a call is not among them, nor what we stopped or what died with its process.
 * @param events oldest first; others than `endedWorkEventTypes` are passed over.
 */
export function stoppedWork(events: readonly Pick<NewEvent, "type" | "data">[]): string[] {
  const stopped: string[] = [];
  let known = new Map<string, string>();
  let stopCalls = new Set<string>();
  let isEnding = false;
  for (const { type, data } of events) {
    if (type === "session") {
      // Of work that died with an earlier process Claude Code says the same; Claude hears of it.
      known = new Map();
      stopCalls = new Set();
      isEnding = false;
    }
    if (type === "tool_use" && data["tool"] === "TaskStop") stopCalls.add(idOf(data));
    if (type === "tool_result") stopCalls.delete(idOf(data));
    if (type !== "notice") continue;
    for (const task of backgroundTasks(data["tasks"])) known.set(task.id, nameOfBackground(task));
    isEnding ||= ownEnds.has(data["kind"]);
    const name = known.get(stringOf(data["task_id"]) ?? "");
    if (isStop(objectOf(data)) && name !== undefined && !isEnding && stopCalls.size === 0) stopped.push(name);
  }
  return stopped;
}

function isStop(data: JsonObject): boolean {
  return data["kind"] === "task_notification" && data["status"] === "stopped";
}

function idOf(data: JsonObject): string {
  return stringOf(data["tool_use_id"]) ?? "";
}
