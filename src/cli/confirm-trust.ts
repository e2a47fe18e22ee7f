/** Asks a person at the terminal whether a directory is to be trusted. */
import { createInterface } from "node:readline/promises";
import { WorkerError } from "../domain/errors.ts";
import { plainLine } from "../domain/plain-text.ts";
import { Interrupted } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { say } from "./render/wrap.ts";

/** Resolves when the person says yes. @throws WorkerError invalid_input without a terminal, untrusted_directory when the answer is no; Interrupted at Ctrl-C. */
export async function confirmTrust(directory: string, io: Io): Promise<void> {
  const name = plainLine(directory, 4096);
  if (io.stdin.isTTY !== true || !io.stderr.isTTY) {
    throw new WorkerError("invalid_input", `--trust asks a question and needs a terminal. Without one: claude-worker trust add "${name}"`);
  }
  say(io.stderr, `Trust ${name}?\nTasks there follow its CLAUDE.md and run its hooks and its MCP servers as you, without asking.`);
  const reader = createInterface({ input: io.stdin, output: process.stderr });
  const leave = new AbortController();
  reader.once("SIGINT", () => leave.abort());
  // Ctrl-D closes the reader and answers nothing: that is a no.
  reader.once("close", () => leave.abort("closed"));
  try {
    const answer = await reader.question("Trust it? [y/N] ", { signal: leave.signal }).catch(() => "");
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    reader.close();
  }
  if (leave.signal.aborted && leave.signal.reason !== "closed") throw new Interrupted("Not trusted, so nothing was submitted.");
  throw new WorkerError("untrusted_directory", "Not trusted, so nothing was submitted.");
}
