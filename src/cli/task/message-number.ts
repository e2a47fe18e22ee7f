/** Reads the number of a message as people write it: `m3` or `3`. */
import { WorkerError } from "../../domain/errors.ts";

/** @throws WorkerError invalid_input. */
export function messageNumber(word: string, taskId: unknown): number {
  const digits = /^m?([1-9]\d{0,14})$/.exec(word)?.[1];
  if (digits !== undefined) return Number(digits);
  throw new WorkerError("invalid_input", `"${word}" is not a message: it is m3 or 3. See them: claude-worker messages ${String(taskId)}`);
}
