/**
 * Reads files that another user or a repository may have put there, without ever waiting for one or
 * reading more than is wanted.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, statSync } from "node:fs";
import type { Stats } from "node:fs";

/** Its bytes, or why there are none: a part of a sentence, like `is larger than 2 MB`. */
export type ForeignFile = { readonly bytes: Buffer } | { readonly problem: string };

/**
 * The content of a regular file, also behind a link. A FIFO, a device or a socket is not even
 * opened.
 * @returns null where the file is not there.
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

/** The same as UTF-8 text; null where it is not there or cannot be read. */
export function foreignText(file: string, maxBytes: number): string | null {
  const found = readForeign(file, maxBytes);
  return found !== null && "bytes" in found ? found.bytes.toString("utf8") : null;
}

function kindProblem(stats: Stats): { readonly problem: string } | null {
  return stats.isFile() ? null : { problem: `is ${stats.isDirectory() ? "a directory" : "not a regular file"}` };
}

/** By now something else may be there: opening it must not wait, and it is looked at again. */
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
 * Some files have more than their size says (below /proc), or grow. @returns null where there is
 * more than that.
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
