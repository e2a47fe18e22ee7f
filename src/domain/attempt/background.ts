/** Work that Claude Code runs beside its turn: commands and sub-agents in the background. */
import { arrayOf, objectOf, stringOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";

export interface BackgroundTask {
  readonly id: string;
  /** Claude Code's word: `local_bash`, `local_agent`, … */
  readonly type: string;
  readonly description: string;
}

/** What an attempt whose turn has ended still waits for. */
export interface BackgroundWait {
  readonly work: readonly BackgroundTask[];
  /** UTC milliseconds; null: for as long as it takes. */
  readonly until: number | null;
}

/**
 * Types that work for the task by themselves and end by themselves. Everything else may be a server
 * that never ends.
 */
const agentTypes: ReadonlySet<string> = new Set(["local_agent", "local_workflow", "remote_agent"]);

/**
 * Whether this is a sub-agent, which is waited for; anything else is waited for up to
 * `background_grace`.
 */
export function isAgentWork({ type }: BackgroundTask): boolean {
  return agentTypes.has(type);
}

/**
 * All that runs in the background after this message, without what does not count as activity
 * (`ambient`); null for messages that do not say so. The
 * message replaces what earlier ones said (SDKBackgroundTasksChangedMessage of the Agent SDK).
 */
export function backgroundAfter(message: JsonObject): BackgroundTask[] | null {
  if (message["type"] !== "system" || message["subtype"] !== "background_tasks_changed") return null;
  return arrayOf(message["tasks"])
    .map(objectOf)
    .filter((task) => task["ambient"] !== true)
    .map((task) => ({
      id: stringOf(task["task_id"]) ?? "",
      type: stringOf(task["task_type"]) ?? "",
      description: stringOf(task["description"]) ?? "",
    }));
}

/** How one of them is called in a sentence. */
export function nameOfBackground({ description, type, id }: BackgroundTask): string {
  return description || `${type} ${id}`.trim();
}
