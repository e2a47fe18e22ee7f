/**
 * Refuses arguments that are not UTF-8. Node replaces the bytes that it cannot decode by U+FFFD;
 * only the system still has the bytes.
 */
import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { WorkerError } from "../../domain/errors.ts";

const replacement = "\ufffd";

/**
 * Refuses a text that differs from the caller's bytes. A U+FFFD that was typed is valid. @throws
 * WorkerError invalid_input.
 */
export function refuseBrokenText(words: readonly string[]): void {
  if (!words.some((word) => word.includes(replacement))) return;
  // An old Node that started this process (bin/claude-worker) passed its own words on, without the
  // lost bytes.
  const broken = [bytesOf("self", words.length), bytesOf(String(process.ppid), words.length)]
    .filter((all) => all.map(String).join("\0") === words.join("\0"))
    .map((all) => all.findIndex((bytes) => !isUtf8(bytes)))
    .find((index) => index !== -1);
  if (broken === undefined) return;
  throw new WorkerError(
    "invalid_input",
    `The argument ${JSON.stringify(words[broken])} is not UTF-8 text. Convert it first, or put the text into a file and name that.`,
  );
}

/**
 * The last `count` arguments of a process as they came; none where the system does not show them
 * (macOS).
 */
function bytesOf(pid: string, count: number): Buffer[] {
  try {
    // Each ends with a NUL, so that the last part is nothing.
    return split(readFileSync(`/proc/${pid}/cmdline`))
      .slice(0, -1)
      .slice(-count);
  } catch {
    return [];
  }
}

function split(bytes: Buffer): Buffer[] {
  const end = bytes.indexOf(0);
  return end === -1 ? [bytes] : [bytes.subarray(0, end), ...split(bytes.subarray(end + 1))];
}
