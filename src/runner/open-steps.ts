/**
 * Tracks open tool calls, so that an agent can be stopped between two steps, or while nothing but a
 * person's answer is waited for. Names the call that an MCP server asks in.
 */
import type { JournalEntry } from "../domain/events/record.ts";
import type { AskedQuestion } from "../domain/questions/question.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * Claude Code begins no later call of the same message before a call of these tools has ended
 * (measured with 2.1.332).
 */
const exclusive: ReadonlySet<string> = new Set(["Bash", "Write", "Edit", "NotebookEdit"]);

/** The tool calls that have started and not ended. */
export class OpenSteps {
  /**
   * Ids and tools of the open calls, by the thread that made them: a helper's calls do not belong
   * to its caller.
   */
  readonly #open = new Map<unknown, Map<unknown, unknown>>();

  /**
   * Whether these calls are open, and no other one can be at work. Calls that stand behind one that
   * runs alone have not begun.
   */
  onlyWait(asked: readonly { readonly tool: string; readonly toolUseId: string | null }[]): boolean {
    const toolOf = new Map<unknown, string>(asked.map(({ tool, toolUseId }) => [toolUseId, tool]));
    let found = 0;
    for (const calls of this.#open.values()) {
      for (const id of calls.keys()) {
        const tool = toolOf.get(id);
        if (tool === undefined) return false;
        found += 1;
        if (exclusive.has(tool)) break;
      }
    }
    return found === toolOf.size;
  }

  /**
   * The question with the call that it is asked in. Claude Code names no call for the form of an
   * MCP server; it is known where only one call of that server is open.
   */
  withCall<Asked extends Pick<AskedQuestion, "kind" | "tool" | "toolUseId">>(question: Asked): Asked {
    if (question.kind !== "elicitation" || question.toolUseId !== null) return question;
    const prefix = `${question.tool.replaceAll(/[^\w-]/g, "_")}__`;
    const calls = [...this.#open.values()].flatMap((open) => [...open]);
    const [call, ...others] = calls.filter(([, tool]) => typeof tool === "string" && tool.startsWith(prefix));
    const id = others.length === 0 ? call?.[0] : null;
    return typeof id === "string" ? { ...question, toolUseId: id } : question;
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
    const open = this.#open.get(thread) ?? new Map<unknown, unknown>();
    this.#open.set(thread, open);
    let ended = false;
    for (const block of content as Json[]) {
      if (block["type"] === "tool_use") open.set(block["id"], block["name"]);
      if (block["type"] === "tool_result") ended = open.delete(block["tool_use_id"]) || ended;
    }
    return ended && open.size === 0;
  }
}
