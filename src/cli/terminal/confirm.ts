/** Asks a person at the terminal before something is done that is hard to undo. */
import { createInterface } from "node:readline/promises";
import type { WorkerError } from "../../domain/errors.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { Interrupted } from "../commandline/exit-codes.ts";
import type { Io } from "./io.ts";

/** Whether a person can be asked. */
export function canAsk({ stdin, stderr }: Io): boolean {
  return stdin.isTTY === true && stderr.isTTY;
}

/**
 * Resolves when the person says yes. Ctrl-D is a no.
 * @param question one line; control characters are taken out, as the reader writes past `io`.
 * @throws `otherwise` when the answer is no; Interrupted with its sentence at Ctrl-C.
 */
export async function confirm(io: Io, question: string, otherwise: WorkerError): Promise<void> {
  const reader = createInterface({ input: io.stdin, output: process.stderr, terminal: canAsk(io) });
  const leave = new AbortController();
  reader.once("SIGINT", () => leave.abort());
  reader.once("close", () => leave.abort("closed"));
  try {
    const answer = await reader.question(`${plainLine(question, 2000)} [y/N] `, { signal: leave.signal }).catch(() => "");
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    reader.close();
  }
  if (leave.signal.aborted && leave.signal.reason !== "closed") throw new Interrupted(otherwise.message);
  throw otherwise;
}
