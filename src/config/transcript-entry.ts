/**
 * Finds lines of Claude Code's transcript: the one that a copy of the conversation ends with, and
 * that of a person's message.
 */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { arrayOf, isObject, objectOf } from "../domain/text/read-json.ts";
import type { JsonObject } from "../domain/text/read-json.ts";

/** Behind the last line of the conversation stand few others. */
const mostOthers = 100;

/**
 * The UUID of the last line of a message of the model on the main thread; null: the transcript does
 * not have the message.
 */
export async function entryOfMessage(transcript: string, messageId: string): Promise<string | null> {
  let found: string | null = null;
  for await (const line of linesOf(transcript)) {
    if (!line.includes(messageId)) continue;
    const entry = entryIn(line);
    if (entry?.["type"] === "assistant" && objectOf(entry["message"])["id"] === messageId) found = uuidOf(entry) ?? found;
  }
  return found;
}

/** Whether the conversation has a person's message, as a prompt or folded into a turn. */
export async function hasMessage(transcript: string, key: string): Promise<boolean> {
  for await (const line of linesOf(transcript)) {
    if (!line.includes(key)) continue;
    if (messagesOfEntry(entryIn(line) ?? {}).includes(key)) return true;
  }
  return false;
}

/**
 * The UUIDs of a person's messages that a line has: of a prompt, of those that were merged into it,
 * because they waited together for their turn, or of one that was folded into a turn.
 */
export function messagesOfEntry({ type, uuid, attachment, mergedSendUuids }: JsonObject): readonly unknown[] {
  return type === "attachment" ? [objectOf(attachment)["source_uuid"]] : [uuid, ...arrayOf(mergedSendUuids)];
}

/** The UUID of the conversation's last line now; null: there is none. */
export async function lastEntry(transcript: string): Promise<string | null> {
  const newest: string[] = [];
  for await (const line of linesOf(transcript)) {
    newest.push(line);
    if (newest.length > mostOthers) newest.shift();
  }
  for (const line of newest.toReversed()) {
    const uuid = uuidOf(entryIn(line) ?? {});
    if (uuid !== null) return uuid;
  }
  return null;
}

async function* linesOf(file: string): AsyncGenerator<string> {
  yield* createInterface({ input: createReadStream(file, "utf8"), crlfDelay: Infinity });
}

/** A line of the main thread; null: it is another one, or it is being written. */
function entryIn(line: string): JsonObject | null {
  try {
    const entry: unknown = JSON.parse(line);
    return isObject(entry) && entry["isSidechain"] !== true ? entry : null;
  } catch {
    return null;
  }
}

function uuidOf({ uuid }: JsonObject): string | null {
  return typeof uuid === "string" ? uuid : null;
}
