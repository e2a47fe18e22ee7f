/**
 * Makes Claude Code take an agent's prompt as text alone. A person may begin a prompt with a
 * command (`/config theme=dark`) and name a file in it (`@notes.txt`): Claude Code then runs the
 * command itself, or reads the file, and asks no permission rule (measured with 2.1.332). So an
 * agent could change the user's settings, or have any file of the user's read.
 */
import { objectOf } from "../text/read-json.ts";
import type { TaskSpec } from "../task/task.ts";

type PromptFields = Pick<TaskSpec, "prompt" | "settings">;

/** The prompt as text alone, and no mention in it. */
export function promptAsText<Spec extends PromptFields>(spec: Spec): Spec {
  const { prompt } = spec;
  return { ...spec, prompt: wordsAsText(prompt), ...(hasMention(prompt) ? { settings: withoutMentions(spec.settings) } : {}) };
}

/** A command counts only as the first character, so a line break before it suffices. */
export function wordsAsText(words: string): string {
  return words.startsWith("/") ? `\n${words}` : words;
}

export function hasMention(words: string): boolean {
  return words.includes("@");
}

/** The settings of a task in which `@` names no file. */
export function withoutMentions(settings: TaskSpec["settings"]): TaskSpec["settings"] {
  return { ...settings, env: { ...objectOf(settings?.["env"]), CLAUDE_CODE_DISABLE_FILE_MENTIONS: "1" } };
}
