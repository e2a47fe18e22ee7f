/**
 * Asks Claude Code for the limits of its account, without a message to the model. Only this file
 * and running-cost.ts use the SDK's call, which is experimental.
 */

/** The part of the SDK's query that reports limits. */
interface WithLimits extends AsyncIterable<unknown> {
  usage_EXPERIMENTAL_MAY_CHANGE_DO_NOT_RELY_ON_THIS_API_YET?(options: { skipBehaviors: boolean }): Promise<object>;
}

/**
 * @param start starts Claude Code with this input, which stays empty and ends with the answer.
 * @returns what Claude Code says, whose shape may change; null: it has no such call.
 * @throws what the SDK throws.
 */
export async function accountUsage(start: (input: AsyncIterable<never>) => WithLimits): Promise<object | null> {
  const { promise: over, resolve: end } = Promise.withResolvers<undefined>();
  const next = (): Promise<IteratorReturnResult<undefined>> => over.then((value) => ({ done: true, value }));
  const running = start({ [Symbol.asyncIterator]: () => ({ next }) });
  // Its messages carry the answer, too. An error in them is the call's.
  const read = (async () => {
    for await (const _ of running) continue;
  })().catch(() => {});
  try {
    return (await running.usage_EXPERIMENTAL_MAY_CHANGE_DO_NOT_RELY_ON_THIS_API_YET?.({ skipBehaviors: true })) ?? null;
  } finally {
    end(undefined);
    await read;
  }
}
