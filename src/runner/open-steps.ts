/** Tracks open tool calls, so that an agent can be stopped between two steps. */
import type { JournalEntry } from "../domain/events/record.ts";

type Json = Readonly<Record<string, unknown>>;

/** The tool calls that have started and not ended. */
export class OpenSteps {
  /**
   * Ids of the open calls, by the thread that made them: a helper's calls do not belong to its
   * caller.
   */
  readonly #open = new Map<unknown, Set<unknown>>();

  /** How many calls have started and not ended. */
  get count(): number {
    return [...this.#open.values()].reduce((sum, { size }) => sum + size, 0);
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
