/** Reads from a session's events how its sub-agents and its work in the background ended. */
import { plainLine } from "../text/plain-text.ts";
import { callOf } from "./tool-call.ts";
import { backgroundTasks, nameOfBackground } from "./background.ts";
import type { EventType, NewEvent } from "../events/event.ts";
import { objectOf, stringOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";

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

/** Tools by which Claude starts sub-agents. */
const agentTools: ReadonlySet<unknown> = new Set(["Agent", "Task", "Workflow"]);

/**
 * The sub-agents that failed (an API error ended them), each with its reason. One that Claude
 * started again under the same description, and that then completed, is not among them.
 * @param events oldest first; others than `endedWorkEventTypes` are passed over.
 */
export function failedAgents(events: readonly Pick<NewEvent, "type" | "data">[]): string[] {
  const agents = new Map<string, string>();
  let failed: { readonly what: string; readonly reason: string }[] = [];
  for (const { type, data } of events) {
    if (type === "tool_use" && agentTools.has(data["tool"])) agents.set(idOf(data), plainLine(callOf(objectOf(data["input"]), null), 80));
    const what = type === "notice" && data["kind"] === "task_notification" ? agents.get(idOf(data)) : undefined;
    if (what === undefined) continue;
    if (data["status"] === "completed") failed = failed.filter((each) => each.what !== what);
    if (data["status"] === "failed") failed = [...failed, { what, reason: reasonOf(data) }];
  }
  return failed.map(({ what, reason }) => (reason === "" ? what : `${what}: ${reason}`));
}

/** Without the words with which Claude Code begins each of them (2.1.330). */
function reasonOf(data: JsonObject): string {
  return plainLine((stringOf(data["text"]) ?? "").replace(/^Agent terminated early due to an API error: /, ""), 140);
}

function isStop(data: JsonObject): boolean {
  return data["kind"] === "task_notification" && data["status"] === "stopped";
}

function idOf(data: JsonObject): string {
  return stringOf(data["tool_use_id"]) ?? "";
}
