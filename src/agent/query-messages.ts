/**
 * The messages of a query to their end. Behind a success, the last instruction of Claude Code is
 * that end: its exit takes the kernel a while longer.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { isTurn } from "./messages.ts";
import type { Message } from "./messages.ts";

/**
 * @param process tells by `spent` whether it can say nothing more (ClaudeProcess).
 * @throws what the query throws.
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
      // What was read and not handed on yet comes within one turn of the event loop.
      const step = isSpent ? await Promise.race([next, nextTurn(null)]) : await next;
      isOver = step === null || step.done === true;
      if (step === null || step.done === true) return;
      if (isSuccess(step.value)) spent = process.spent();
      else if (isTurn(step.value) || step.value.type === "result") spent = null;
      yield step.value;
    }
  } finally {
    // Whoever stops listening before the end wants no more of it. Not awaited: a question that is
    // open would have to be answered first.
    if (!isOver) void iterator.return?.().then(undefined, () => {});
  }
}

function isSuccess({ type, subtype, is_error: isError }: Message): boolean {
  return type === "result" && subtype === "success" && isError !== true;
}
