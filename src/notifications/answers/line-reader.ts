/** Reads a stream as lines of text. */

/** A longer line is not read, and ends the stream. */
const longestLine = 256 * 1024;

/**
 * The lines that are not empty, until the stream ends or breaks.
 * @throws Error a line is too long.
 */
export async function* lineReader(stream: AsyncIterable<unknown>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const part of unlessBroken(stream)) {
    const lines = (rest + decoder.decode(part as Buffer, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") yield line;
    if (rest.length > longestLine) throw new Error("The service sent a line that is too long.");
  }
}

/** A connection may break at any time, which is not an error of the reader. */
async function* unlessBroken(stream: AsyncIterable<unknown>): AsyncGenerator<unknown, void> {
  try {
    yield* stream;
  } catch {
    // The caller connects again.
  }
}
