/** What a person says to a task: the words of the call, or the standard input. */
import { WorkerError } from "../../domain/errors.ts";
import type { Io } from "../terminal/io.ts";
import { readPrompt } from "./read-prompt.ts";

/** @param words `-` alone stands for the standard input. @throws WorkerError invalid_input. */
export async function messageText(words: readonly string[], io: Io): Promise<string> {
  if (words.length === 1 && words[0] === "-") return await readPrompt("-", io);
  const text = words.join(" ");
  if (text.trim() === "")
    throw new WorkerError("invalid_input", 'The message is empty. Say something: claude-worker send 42 "Now the tests"');
  return text;
}
