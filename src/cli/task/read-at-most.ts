/** Reads a file whose size nothing tells before: a FIFO, a device, a file that grows. */
import { closeSync, openSync, readSync } from "node:fs";

/**
 * The file's bytes, counted while they come.
 * @param tooLong makes the error for a file of more bytes than `most`.
 */
export function readAtMost(path: string, most: number, tooLong: () => Error): Buffer {
  const parts: Buffer[] = [];
  const file = openSync(path, "r");
  try {
    for (let length = 0; ;) {
      const part = Buffer.allocUnsafe(64 * 1024);
      const count = readSync(file, part);
      if (count === 0) return Buffer.concat(parts);
      parts.push(part.subarray(0, count));
      length += count;
      if (length > most) throw tooLong();
    }
  } finally {
    closeSync(file);
  }
}
