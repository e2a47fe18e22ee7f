/** Reads from a session's events how its sub-agents and its work in the background ended. */
import { nameOfBackground } from "./background.ts";
import type { EventBody, EventType, NoticeKind } from "../events/event.ts";
import { plainLine } from "../text/plain-text.ts";
import { objectOf } from "../text/read-json.ts";
import { callOf } from "./tool-call.ts";

/** The only events that it is read from. */
export const endedWorkEventTypes = ["session", "tool_use", "tool_result", "notice"] as const satisfies readonly EventType[];

/** Notices after which the runner ends this attempt's work. */
const ownEnds: ReadonlySet<NoticeKind> = new Set<NoticeKind>(["cut_background", "stop_requested"]);

/**
 * The names of commands that Claude Code itself stopped, because a sub-agent left them running at
 * its end. Work that Claude stopped with a call, that the runner stopped or that died with its
 * process is not listed.
 * @param events oldest first; types other than `endedWorkEventTypes` are skipped.
 */
export function stoppedWork(events: readonly EventBody[]): string[] {
  const stopped: string[] = [];
  let known = new Map<string, string>();
  let stopCalls = new Set<string>();
  let isEnding = false;
  for (const { type, data } of events) {
    if (type === "session") {
      // Claude Code sends the same notice for work that died with an earlier process; Claude gets
      // that notice.
      known = new Map();
      stopCalls = new Set();
      isEnding = false;
    }
    if (type === "tool_use" && data.tool === "TaskStop") stopCalls.add(data.tool_use_id);
    if (type === "tool_result") stopCalls.delete(data.tool_use_id);
    if (type !== "notice") continue;
    if (data.kind === "background")
      for (const { task_id: id, task_type: kind, description } of data.tasks)
        known.set(id, nameOfBackground({ id, type: kind, description }));
    isEnding ||= ownEnds.has(data.kind);
    if (data.kind !== "task_notification" || data.status !== "stopped") continue;
    const name = known.get(data.task_id ?? "");
    if (name !== undefined && !isEnding && stopCalls.size === 0) stopped.push(name);
  }
  return stopped;
}

/** Tools by which Claude starts sub-agents. */
const agentTools: ReadonlySet<string> = new Set(["Agent", "Task", "Workflow"]);

/**
 * The sub-agents that failed (an API error ended them), each with its reason. A sub-agent that
 * Claude started again under the same description, and that then completed, is not listed.
 * @param events oldest first; types other than `endedWorkEventTypes` are skipped.
 */
export function failedAgents(events: readonly EventBody[]): string[] {
  const agents = new Map<string, string>();
  let failed: { readonly what: string; readonly reason: string }[] = [];
  for (const { type, data } of events) {
    if (type === "tool_use" && agentTools.has(data.tool)) agents.set(data.tool_use_id, plainLine(callOf(objectOf(data.input), null), 80));
    if (type !== "notice" || data.kind !== "task_notification") continue;
    const what = agents.get(data.tool_use_id ?? "");
    if (what === undefined) continue;
    if (data.status === "completed") failed = failed.filter((each) => each.what !== what);
    if (data.status === "failed") failed = [...failed, { what, reason: reasonOf(data.text) }];
  }
  return failed.map(({ what, reason }) => (reason === "" ? what : `${what}: ${reason}`));
}

/** Without the words with which Claude Code begins each of them (2.1.330). */
function reasonOf(text: string): string {
  return plainLine(text.replace(/^Agent terminated early due to an API error: /, ""), 140);
}
