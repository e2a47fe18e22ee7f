/**
 * Reads files that another user or a repository may have made. It never blocks and reads at most
 * the given number of bytes.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, statSync } from "node:fs";
import type { Stats } from "node:fs";

/**
 * The file's bytes, or why they cannot be read: a part of a sentence, like `is larger than 2 MB`.
 */
export type ForeignFile = { readonly bytes: Buffer } | { readonly problem: string };

/**
 * Reads a regular file, also through a link. Does not open a FIFO, a device or a socket.
 * @returns null when the file does not exist.
 */
export function readForeign(file: string, maxBytes: number): ForeignFile | null {
  try {
    if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return null;
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats === undefined) return { problem: "is a link to a file that is not there" };
    return kindProblem(stats) ?? readOpened(file, maxBytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { problem: `cannot be read (${code ?? "unknown error"})` };
  }
}

/** Like `readForeign`, as UTF-8 text; null when the file does not exist or cannot be read. */
export function foreignText(file: string, maxBytes: number): string | null {
  const found = readForeign(file, maxBytes);
  return found !== null && "bytes" in found ? found.bytes.toString("utf8") : null;
}

function kindProblem(stats: Stats): { readonly problem: string } | null {
  return stats.isFile() ? null : { problem: `is ${stats.isDirectory() ? "a directory" : "not a regular file"}` };
}

/**
 * Opens and reads the file. Another file may have replaced it, so the open must not block, and the
 * type is checked again.
 */
function readOpened(file: string, maxBytes: number): ForeignFile {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const stats = fstatSync(descriptor);
    const problem = kindProblem(stats);
    if (problem !== null) return problem;
    const bytes = stats.size > maxBytes ? null : readAtMost(descriptor, maxBytes, stats.size);
    return bytes === null ? { problem: `is larger than ${sizeText(maxBytes)}` } : { bytes };
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Reads up to the limit: some files are longer than their size says (below /proc) or grow.
 * @returns null when the file is longer than the limit.
 */
function readAtMost(descriptor: number, maxBytes: number, expected: number): Buffer | null {
  const chunks: Buffer[] = [];
  let total = 0;
  for (let size = expected + 1; ; size = 64 * 1024) {
    const chunk = Buffer.alloc(Math.min(size, maxBytes + 1 - total));
    const read = readSync(descriptor, chunk);
    if (read === 0) return Buffer.concat(chunks);
    total += read;
    if (total > maxBytes) return null;
    chunks.push(chunk.subarray(0, read));
  }
}

function sizeText(bytes: number): string {
  return bytes >= 1024 * 1024 ? `${bytes / 1024 / 1024} MB` : `${bytes / 1024} KB`;
}
