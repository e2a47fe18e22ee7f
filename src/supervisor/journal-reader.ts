/**
 * Reads whole lines of a journal from a byte offset. A torn last line (its writer was killed) stays
 * unread until it is whole.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { JournalRecord } from "../domain/events/record.ts";

const chunkBytes = 1024 * 1024;
/**
 * Mostly a few lines are new: a megabyte for each look would have the collector run several times a
 * second.
 */
const firstBytes = 16 * 1024;
const newline = 0x0a;

export interface JournalBatch {
  /** Records of the attempt that was asked for, in order. */
  readonly records: readonly JournalRecord[];
  /** The offset behind the last whole line. */
  readonly offset: number;
}

/**
 * Yields batches of at most about 1 MB (unless a line is longer) from `offset` to the end of the
 * last whole line. Lines of other attempts and lines that are not JSON (torn by a power cut, mended
 * by the next runner with a newline) are passed over. A missing file has no lines. It reads at
 * once, not in a thread of the pool: the lines were written a moment ago, and where all processors
 * work a round trip through the pool takes longer than the read.
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
 * Null also for a link and anything else that is not a file: the runner refuses to write there, so
 * no record of ours is in it.
 */
function openIfThere(path: string): number | null {
  try {
    // A pipe in its place would otherwise be waited for.
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
    return null; // A torn line: its record was never told to anyone.
  }
}
