/**
 * Yields the messages of a query to their end. After a success the end is Claude Code's last
 * instruction, because the kernel needs longer to report its exit.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { isTurn } from "./messages.ts";
import type { Message } from "./messages.ts";

/**
 * @param process reports with `spent` that no more messages can come (ClaudeProcess).
 * @throws errors of the query.
 */
export async function* messagesOf<T extends Message>(
  query: AsyncIterable<T>,
  process: { spent(): Promise<boolean> },
): AsyncGenerator<T, void> {
  const iterator = query[Symbol.asyncIterator]();
  let spent: Promise<boolean> | null = null;
  let isOver = false;
  try {
    while (!isOver) {
      const next = iterator.next();
      const isSpent = spent !== null && (await Promise.race([spent, next.then(() => false)]));
      // Messages that were read but not delivered come within one turn of the event loop.
      const step = isSpent ? await Promise.race([next, nextTurn(null)]) : await next;
      isOver = step === null || step.done === true;
      if (step === null || step.done === true) return;
      if (isSuccess(step.value)) spent = process.spent();
      else if (isTurn(step.value) || step.value.type === "result") spent = null;
      yield step.value;
    }
  } finally {
    // A caller that stops early needs no more messages. Not awaited, because an open question would
    // have to be answered first.
    if (!isOver) void iterator.return?.().then(undefined, () => {});
  }
}

function isSuccess({ type, subtype, is_error: isError }: Message): boolean {
  return type === "result" && subtype === "success" && isError !== true;
}
