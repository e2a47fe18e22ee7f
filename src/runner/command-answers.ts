/**
 * Finds the results in which Claude Code answers a message itself, without a turn of Claude: the
 * message was one of its commands (`/context`), or a hook refused it. Such a result says nothing of
 * the task (shapes as of 2.1.332).
 */
import type { JournalEntry } from "../domain/events/record.ts";
import { arrayOf, objectOf, stringOf } from "../domain/text/read-json.ts";

export interface CommandAnswer {
  /** The messages that it answers. */
  readonly keys: readonly string[];
  readonly text: string;
}

const output = /^<local-command-stdout>([^]*)<\/local-command-stdout>$/;
const withoutOutput = "Claude Code has run it, and says nothing.";

export class CommandAnswers {
  /** What a command wrote since the last result: not each one has it in the result. */
  #written = "";

  /**
   * Takes every entry, in order.
   * @param messages keys of what was said to the task after its prompt.
   * @returns null: the entry is something else.
   */
  take(entry: JournalEntry, messages: ReadonlySet<string>): CommandAnswer | null {
    if (entry.type === "user") this.#read(objectOf(objectOf(entry)["message"])["content"]);
    if (entry.type !== "result") return null;
    const written = this.#written;
    this.#written = "";
    const { subtype, is_error: isError, num_turns: turns, terminal_reason: reason, result, user_message_uuids: uuids } = objectOf(entry);
    const keys = arrayOf(uuids).map(String);
    const isCommand = subtype === "success" && isError !== true && turns === 0 && reason == null;
    if (!isCommand || keys.length === 0 || !keys.every((key) => messages.has(key))) return null;
    return { keys, text: stringOf(result)?.trim() || written || withoutOutput };
  }

  #read(content: unknown): void {
    const found = typeof content === "string" ? output.exec(content)?.[1]?.trim() : undefined;
    if (found) this.#written = found;
  }
}
