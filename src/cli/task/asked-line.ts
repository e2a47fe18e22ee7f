/** Says in a line that a followed task needs a person, and how to answer. */
import type { AskedNow } from "../../client/wait.ts";
import { plainLine } from "../../domain/text/plain-text.ts";

/** @param key what the task is in its workflow. */
export function askedLine({ task, question, text }: AskedNow, key?: string): string {
  const named = key === undefined ? `Task ${task}` : `Task ${task} (${key})`;
  return `${named} needs you: q${question} ${plainLine(text, 500)} Answer it: claude-worker answer q${question} …`;
}
