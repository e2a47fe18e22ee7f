/** The messages of a query to their end. Behind a success, the last instruction of Claude Code is that end: its exit takes the kernel a while longer. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Message } from "./messages.ts";

/**
 * @param process settles `spent` when it can say nothing more (ClaudeProcess).
 * @throws what the query throws.
 */
export async function* messagesOf<T extends Message>(
  query: AsyncIterable<T>,
  process: { spent(): Promise<void> },
): AsyncGenerator<T, void> {
  const iterator = query[Symbol.asyncIterator]();
  let spent = new Promise<null>(() => {});
  for (;;) {
    const next = iterator.next();
    // What was read and not handed on yet comes within one turn of the event loop.
    const step = (await Promise.race([next, spent])) ?? (await Promise.race([next, nextTurn(null)]));
    if (step === null || step.done === true) return;
    yield step.value;
    if (isSuccess(step.value)) spent = process.spent().then(() => null);
  }
}

function isSuccess({ type, subtype, is_error: isError }: Message): boolean {
  return type === "result" && subtype === "success" && isError !== true;
}
