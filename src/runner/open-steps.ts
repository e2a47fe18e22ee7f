/**
 * Tracks open tool calls, so that an agent can be stopped between two steps, or while nothing but a
 * person's answer is waited for.
 */
import type { JournalEntry } from "../domain/events/record.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * Claude Code begins no later call of the same message before a call of these tools has ended
 * (measured with 2.1.332).
 */
const exclusive: ReadonlySet<string> = new Set(["Bash", "Write", "Edit", "NotebookEdit"]);

/** The tool calls that have started and not ended. */
export class OpenSteps {
  /**
   * Ids of the open calls, by the thread that made them: a helper's calls do not belong to its
   * caller.
   */
  readonly #open = new Map<unknown, Set<unknown>>();

  /**
   * Whether these calls are open, and no other one can be at work. Calls that stand behind one that
   * runs alone have not begun.
   */
  onlyWait(asked: readonly { readonly tool: string; readonly toolUseId: string | null }[]): boolean {
    const toolOf = new Map<unknown, string>(asked.map(({ tool, toolUseId }) => [toolUseId, tool]));
    let found = 0;
    for (const calls of this.#open.values()) {
      for (const id of calls) {
        const tool = toolOf.get(id);
        if (tool === undefined) return false;
        found += 1;
        if (exclusive.has(tool)) break;
      }
    }
    return found === toolOf.size;
  }

  /**
   * Takes an entry.
   * @returns whether it ends a step: the last open call of a model's answer has its result, and the
   * next model call follows.
   */
  ends(entry: JournalEntry): boolean {
    const { type, message, parent_tool_use_id: thread = null } = entry as Json;
    if (type !== "assistant" && type !== "user") return false;
    const content = (message as Json | undefined)?.["content"];
    if (!Array.isArray(content)) return false;
    const open = this.#open.get(thread) ?? new Set();
    this.#open.set(thread, open);
    let ended = false;
    for (const block of content as Json[]) {
      if (block["type"] === "tool_use") open.add(block["id"]);
      if (block["type"] === "tool_result") ended = open.delete(block["tool_use_id"]) || ended;
    }
    return ended && open.size === 0;
  }
}
