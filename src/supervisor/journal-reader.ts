/**
 * Reads whole lines of a journal from a byte offset. A torn last line (its writer was killed) stays
 * unread until it is whole.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { JournalRecord } from "../domain/events/record.ts";

const chunkBytes = 1024 * 1024;
/**
 * Usually only a few lines are new: a megabyte for each read would make the garbage collector run
 * several times a second.
 */
const firstBytes = 16 * 1024;
const newline = 0x0a;

export interface JournalBatch {
  /** Records of the requested attempt, in order. */
  readonly records: readonly JournalRecord[];
  /** The offset after the last whole line. */
  readonly offset: number;
}

/**
 * Yields batches of at most about 1 MB (unless a line is longer) from `offset` to the end of the
 * last whole line. Skips lines of other attempts and lines that are not JSON (torn by a power cut,
 * then closed with a newline by the next runner). A missing file has no lines. Reads synchronously,
 * not in the thread pool: the lines were just written, and on a busy machine a round trip through
 * the pool takes longer than the read.
 * @throws what opening and reading throw (no descriptors left).
 */
export function* readJournal(path: string, attemptId: number, offset: number): Generator<JournalBatch> {
  const descriptor = openIfThere(path);
  if (descriptor === null) return;
  try {
    let bufferBytes = firstBytes;
    for (;;) {
      const buffer = Buffer.allocUnsafe(bufferBytes);
      const bytesRead = readSync(descriptor, buffer, 0, bufferBytes, offset);
      if (bytesRead === 0) return;
      const end = buffer.subarray(0, bytesRead).lastIndexOf(newline) + 1;
      if (end === 0) {
        if (bytesRead < bufferBytes) return;
        bufferBytes *= 2;
        continue;
      }
      offset += end;
      bufferBytes = bytesRead < bufferBytes ? firstBytes : chunkBytes;
      yield { records: parseLines(buffer.toString("utf8", 0, end), attemptId), offset };
    }
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Opens the file. Null when it does not exist. Also null for a link and anything else that is not a
 * file: the runner refuses to write there, so it holds no record.
 */
function openIfThere(path: string): number | null {
  try {
    // Without O_NONBLOCK the open would wait for a pipe in the file's place.
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (fstatSync(descriptor).isFile()) return descriptor;
    closeSync(descriptor);
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return null;
    throw error;
  }
}

function parseLines(text: string, attemptId: number): JournalRecord[] {
  const records: JournalRecord[] = [];
  for (const line of text.split("\n")) {
    const record = parseLine(line);
    if (record?._attempt === attemptId) records.push(record);
  }
  return records;
}

function parseLine(line: string): JournalRecord | null {
  if (line === "") return null;
  try {
    return JSON.parse(line) as JournalRecord;
  } catch {
    return null; // A torn line: its record was never reported.
  }
}
