/** Reads whole lines of a journal from a byte offset. A torn last line (its writer was killed) stays unread until it is whole. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { JournalRecord } from "../domain/record.ts";

const chunkBytes = 1024 * 1024;
/** Mostly a few lines are new: a megabyte for each look would have the collector run several times a second. */
const firstBytes = 16 * 1024;
const newline = 0x0a;

export interface JournalBatch {
  /** Records of the attempt that was asked for, in order. */
  readonly records: readonly JournalRecord[];
  /** The offset behind the last whole line. */
  readonly offset: number;
}

/**
 * Yields batches of at most about 1 MB (unless a line is longer) from `offset` to the end of the last whole line.
 * Lines of other attempts and lines that are not JSON (torn by a power cut, mended by the next runner with a newline) are passed over.
 * A missing file has no lines.
 */
export async function* readJournal(path: string, attemptId: number, offset: number): AsyncGenerator<JournalBatch> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
    throw error;
  });
  if (file === null) return;
  try {
    let bufferBytes = firstBytes;
    for (;;) {
      const buffer = Buffer.allocUnsafe(bufferBytes);
      const { bytesRead } = await file.read(buffer, 0, bufferBytes, offset);
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
    await file.close();
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
