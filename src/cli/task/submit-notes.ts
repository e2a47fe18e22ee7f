/**
 * Writes the notes about a task that was just submitted to the standard error: the reasons why it
 * does not start yet.
 */
import { agentEnvironment } from "../../config/agent-env.ts";
import { credentialVariable, noCredentials } from "../../config/credentials.ts";
import type { Settings } from "../../config/settings.ts";
import type { TaskView } from "../../contract/views/task.ts";
import type { Io } from "../terminal/io.ts";

/** One text each. Without a terminal a hold is among them; on one the task's own line names it. */
export function submitNotes(task: TaskView, { io, settings }: { readonly io: Io; readonly settings: Settings }): string[] {
  const warnings = (task.warnings ?? []).map((warning) => (warning === noCredentials ? withOwnKey(warning, { io, settings }) : warning));
  const waiting = task.waiting_for;
  if (io.stdout.isTTY || waiting === null || (waiting.reason !== "hold" && waiting.reason !== "paused")) return warnings;
  return [...warnings, `Task ${task.id} waits: ${waiting.message}`];
}

/** A key in this shell does not help a server that was started without it. */
function withOwnKey(warning: string, { io, settings }: { readonly io: Io; readonly settings: Settings }): string {
  const own = credentialVariable(agentEnvironment(io.env, settings.agent_env));
  return own === null
    ? warning
    : `In this shell ${own}, but the running server has nothing to sign in to Claude with. Restart it from this shell: claude-worker server restart`;
}
