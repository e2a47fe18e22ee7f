/** Arguments that are not UTF-8. Node hands them over with U+FFFD for what it could not read; the bytes themselves only the system knows. */
import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { WorkerError } from "../domain/errors.ts";

const replacement = "\ufffd";

/**
 * Nothing is stored that the caller did not say. A U+FFFD that was typed is fine.
 * @throws WorkerError invalid_input.
 */
export function refuseBrokenText(words: readonly string[]): void {
  if (!words.some((word) => word.includes(replacement))) return;
  const broken = bytesOf(words.length)?.findIndex((bytes) => !isUtf8(bytes)) ?? -1;
  if (broken === -1) return;
  throw new WorkerError(
    "invalid_input",
    `The argument ${JSON.stringify(words[broken])} is not UTF-8 text. Convert it first, or put the text into a file and name that.`,
  );
}

/** The last `count` arguments of this process as they came; null where the system does not show them (macOS). */
function bytesOf(count: number): Buffer[] | null {
  try {
    // Each ends with a NUL, so that the last part is nothing.
    return split(readFileSync("/proc/self/cmdline")).slice(0, -1).slice(-count);
  } catch {
    return null;
  }
}

function split(bytes: Buffer): Buffer[] {
  const end = bytes.indexOf(0);
  return end === -1 ? [bytes] : [bytes.subarray(0, end), ...split(bytes.subarray(end + 1))];
}
