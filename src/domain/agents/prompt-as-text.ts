/**
 * Makes Claude Code take an agent's prompt as text alone. A person may begin a prompt with a
 * command (`/config theme=dark`) and name a file in it (`@notes.txt`): Claude Code then runs the
 * command itself, or reads the file, and asks no permission rule (measured with 2.1.332). So an
 * agent could change the user's settings, or have any file of the user's read.
 */
import { objectOf } from "../text/read-json.ts";
import type { TaskSpec } from "../task/task.ts";

type PromptFields = Pick<TaskSpec, "prompt" | "settings">;

/** A command counts only as the first character, so a line break before it suffices. */
export function promptAsText<Spec extends PromptFields>(spec: Spec): Spec {
  const prompt = spec.prompt.startsWith("/") ? `\n${spec.prompt}` : spec.prompt;
  return { ...spec, prompt, ...(prompt.includes("@") ? { settings: withoutMentions(spec.settings) } : {}) };
}

function withoutMentions(settings: TaskSpec["settings"]): TaskSpec["settings"] {
  return { ...settings, env: { ...objectOf(settings?.["env"]), CLAUDE_CODE_DISABLE_FILE_MENTIONS: "1" } };
}
